/* SPDX-License-Identifier: Apache-2.0 */
/* otb.c: OTB-2013, OTB-50 and OTB-100. Written by generate.py; columns as in facts.h. */
#include <stddef.h>

#include "dataset/facts/facts.h"

/* clang-format off */
const dslt_attribute dslt_facts_otb_attributes[] = {
    {"IV", "Illumination Variation"},
    {"SV", "Scale Variation"},
    {"OCC", "Occlusion"},
    {"DEF", "Deformation"},
    {"MB", "Motion Blur"},
    {"FM", "Fast Motion"},
    {"IPR", "In-Plane Rotation"},
    {"OPR", "Out-of-Plane Rotation"},
    {"OV", "Out-of-View"},
    {"BC", "Background Clutter"},
    {"LR", "Low Resolution"},
};
const int dslt_facts_otb_attributes_count = 11;

const dslt_fact dslt_facts_otb100[] = {
    {"Basketball", "Basketball", "groundtruth_rect.txt", 1, 725, 4, 0, 0, 0x28d, 0x28d, 3},
    {"Biker", "Biker", "groundtruth_rect.txt", 1, 142, 4, 0, 0, 0x5b6, 0x5b6, 2},
    {"Bird1", "Bird1", "groundtruth_rect.txt", 1, 408, 4, 0, 0, 0x128, 0x128, 2},
    {"Bird2", "Bird2", "groundtruth_rect.txt", 1, 99, 4, 0, 0, 0x0ec, 0x0ec, 0},
    {"BlurBody", "BlurBody", "groundtruth_rect.txt", 1, 334, 4, 0, 0, 0x07a, 0x07a, 2},
    {"BlurCar1", "BlurCar1", "groundtruth_rect.txt", 247, 988, 4, 0, 0, 0x030, 0x030, 0},
    {"BlurCar2", "BlurCar2", "groundtruth_rect.txt", 1, 585, 4, 0, 0, 0x032, 0x032, 2},
    {"BlurCar3", "BlurCar3", "groundtruth_rect.txt", 3, 359, 4, 0, 0, 0x030, 0x030, 0},
    {"BlurCar4", "BlurCar4", "groundtruth_rect.txt", 18, 397, 4, 0, 0, 0x030, 0x030, 0},
    {"BlurFace", "BlurFace", "groundtruth_rect.txt", 1, 493, 4, 0, 0, 0x070, 0x070, 2},
    {"BlurOwl", "BlurOwl", "groundtruth_rect.txt", 1, 631, 4, 0, 0, 0x072, 0x072, 2},
    {"Board", "Board", "groundtruth_rect.txt", 1, 698, 5, 0, 0, 0x3b2, 0x336, 0},
    {"Bolt", "Bolt", "groundtruth_rect.txt", 1, 350, 4, 0, 0, 0x0cc, 0x0cc, 3},
    {"Bolt2", "Bolt2", "groundtruth_rect.txt", 1, 293, 4, 0, 0, 0x208, 0x208, 0},
    {"Box", "Box", "groundtruth_rect.txt", 1, 1161, 4, 0, 0, 0x7d7, 0x7db, 2},
    {"Boy", "Boy", "groundtruth_rect.txt", 1, 602, 4, 0, 0, 0x0f2, 0x0f2, 1},
    {"Car1", "Car1", "groundtruth_rect.txt", 1, 1020, 4, 0, 0, 0x633, 0x633, 2},
    {"Car2", "Car2", "groundtruth_rect.txt", 1, 913, 4, 0, 0, 0x233, 0x032, 0},
    {"Car24", "Car24", "groundtruth_rect.txt", 1, 3059, 4, 0, 0, 0x203, 0x203, 0},
    {"Car4", "Car4", "groundtruth_rect.txt", 1, 659, 4, 0, 0, 0x003, 0x003, 3},
    {"CarDark", "CarDark", "groundtruth_rect.txt", 1, 393, 4, 0, 0, 0x201, 0x201, 3},
    {"CarScale", "CarScale", "groundtruth_rect.txt", 1, 252, 4, 0, 0, 0x0e6, 0x0e6, 3},
    {"ClifBar", "ClifBar", "groundtruth_rect.txt", 1, 472, 4, 0, 0, 0x376, 0x3f2, 2},
    {"Coke", "Coke", "groundtruth_rect.txt", 1, 291, 4, 0, 0, 0x2e5, 0x0e5, 1},
    {"Couple", "Couple", "groundtruth_rect.txt", 1, 140, 4, 0, 0, 0x2aa, 0x2aa, 3},
    {"Coupon", "Coupon", "groundtruth_rect.txt", 1, 327, 4, 0, 0, 0x204, 0x280, 0},
    {"Crossing", "Crossing", "groundtruth_rect.txt", 1, 120, 4, 0, 0, 0x2aa, 0x20a, 1},
    {"Crowds", "Crowds", "groundtruth_rect.txt", 1, 347, 4, 0, 0, 0x209, 0x209, 2},
    {"Dancer", "Dancer", "groundtruth_rect.txt", 1, 225, 4, 0, 0, 0x0ca, 0x04e, 0},
    {"Dancer2", "Dancer2", "groundtruth_rect.txt", 1, 150, 4, 0, 0, 0x008, 0x008, 0},
    {"David", "David", "groundtruth_rect.txt", 300, 770, 4, 0, 0, 0x0df, 0x0df, 3},
    {"David2", "David2", "groundtruth_rect.txt", 1, 537, 4, 0, 0, 0x0c0, 0x0c0, 1},
    {"David3", "David3", "groundtruth_rect.txt", 1, 252, 4, 0, 0, 0x28c, 0x28c, 1},
    {"Deer", "Deer", "groundtruth_rect.txt", 1, 71, 4, 0, 0, 0x670, 0x670, 3},
    {"Diving", "Diving", "groundtruth_rect.txt", 1, 215, 4, 0, 0, 0x04a, 0x04a, 2},
    {"Dog", "Dog", "groundtruth_rect.txt", 1, 127, 4, 0, 0, 0x08a, 0x00e, 0},
    {"Dog1", "Dog1", "groundtruth_rect.txt", 1, 1350, 4, 0, 0, 0x0c2, 0x0c2, 1},
    {"Doll", "Doll", "groundtruth_rect.txt", 1, 3872, 4, 0, 0, 0x0c7, 0x0c7, 1},
    {"DragonBaby", "DragonBaby", "groundtruth_rect.txt", 1, 113, 4, 0, 0, 0x1f6, 0x1f6, 2},
    {"Dudek", "Dudek", "groundtruth_rect.txt", 1, 1145, 4, 0, 0, 0x3ee, 0x3ee, 3},
    {"FaceOcc1", "FaceOcc1", "groundtruth_rect.txt", 1, 892, 4, 0, 0, 0x004, 0x004, 1},
    {"FaceOcc2", "FaceOcc2", "groundtruth_rect.txt", 1, 812, 4, 0, 0, 0x0c5, 0x0c5, 1},
    {"Fish", "Fish", "groundtruth_rect.txt", 1, 476, 4, 0, 0, 0x001, 0x001, 1},
    {"FleetFace", "FleetFace", "groundtruth_rect.txt", 1, 707, 4, 0, 0, 0x0fa, 0x0fa, 1},
    {"Football", "Football", "groundtruth_rect.txt", 1, 362, 4, 0, 0, 0x2c4, 0x2c4, 3},
    {"Football1", "Football1", "groundtruth_rect.txt", 1, 74, 4, 0, 0, 0x2c0, 0x2c0, 1},
    {"Freeman1", "Freeman1", "groundtruth_rect.txt", 1, 326, 4, 0, 0, 0x0c2, 0x0c2, 1},
    {"Freeman3", "Freeman3", "groundtruth_rect.txt", 1, 460, 4, 0, 0, 0x0c2, 0x0c2, 1},
    {"Freeman4", "Freeman4", "groundtruth_rect.txt", 1, 283, 4, 0, 0, 0x0c6, 0x0c6, 3},
    {"Girl", "Girl", "groundtruth_rect.txt", 1, 500, 4, 0, 0, 0x0c6, 0x0c6, 3},
    {"Girl2", "Girl2", "groundtruth_rect.txt", 1, 1500, 4, 0, 0, 0x09e, 0x09e, 0},
    {"Gym", "Gym", "groundtruth_rect.txt", 1, 767, 4, 0, 0, 0x0ca, 0x04e, 0},
    {"Human2", "Human2", "groundtruth_rect.txt", 1, 1128, 4, 0, 0, 0x093, 0x017, 0},
    {"Human3", "Human3", "groundtruth_rect.txt", 1, 1698, 4, 0, 0, 0x28e, 0x28e, 2},
    {"Human4-2", "Human4", "groundtruth_rect.2.txt", 1, 667, 4, 0, 0, 0x00f, 0x08b, 2},
    {"Human5", "Human5", "groundtruth_rect.txt", 1, 713, 4, 0, 0, 0x00e, 0x08a, 0},
    {"Human6", "Human6", "groundtruth_rect.txt", 1, 792, 4, 0, 0, 0x1ae, 0x1ae, 2},
    {"Human7", "Human7", "groundtruth_rect.txt", 1, 250, 4, 0, 0, 0x03f, 0x0bb, 0},
    {"Human8", "Human8", "groundtruth_rect.txt", 1, 128, 4, 0, 0, 0x00b, 0x00b, 0},
    {"Human9", "Human9", "groundtruth_rect.txt", 1, 305, 4, 0, 0, 0x03b, 0x03b, 2},
    {"Ironman", "Ironman", "groundtruth_rect.txt", 1, 166, 4, 0, 0, 0x7f7, 0x7f7, 3},
    {"Jogging-1", "Jogging", "groundtruth_rect.1.txt", 1, 307, 4, 0, 0, 0x08c, 0x08c, 1},
    {"Jogging-2", "Jogging", "groundtruth_rect.2.txt", 1, 307, 4, 0, 0, 0x08c, 0x08c, 1},
    {"Jump", "Jump", "groundtruth_rect.txt", 1, 122, 4, 0, 0, 0x0fe, 0x0fe, 2},
    {"Jumping", "Jumping", "groundtruth_rect.txt", 1, 313, 4, 0, 0, 0x030, 0x030, 3},
    {"KiteSurf", "KiteSurf", "groundtruth_rect.txt", 1, 84, 4, 0, 0, 0x0c5, 0x0c5, 0},
    {"Lemming", "Lemming", "groundtruth_rect.txt", 1, 1336, 4, 0, 0, 0x1a7, 0x1a7, 1},
    {"Liquor", "Liquor", "groundtruth_rect.txt", 1, 1741, 4, 0, 0, 0x3b7, 0x3b7, 3},
    {"Man", "Man", "groundtruth_rect.txt", 1, 134, 4, 0, 0, 0x001, 0x0c6, 0},
    {"Matrix", "Matrix", "groundtruth_rect.txt", 1, 100, 4, 0, 0, 0x2e7, 0x2e7, 3},
    {"Mhyang", "Mhyang", "groundtruth_rect.txt", 1, 1490, 4, 0, 0, 0x289, 0x289, 1},
    {"MotorRolling", "MotorRolling", "groundtruth_rect.txt", 1, 164, 4, 0, 0, 0x673, 0x673, 3},
    {"MountainBike", "MountainBike", "groundtruth_rect.txt", 1, 228, 4, 0, 0, 0x2c0, 0x2c0, 1},
    {"Panda", "Panda", "groundtruth_rect.txt", 1, 1000, 4, 0, 0, 0x5ce, 0x5ce, 2},
    {"RedTeam", "RedTeam", "groundtruth_rect.txt", 1, 1918, 4, 0, 0, 0x4c6, 0x4c6, 2},
    {"Rubik", "Rubik", "groundtruth_rect.txt", 1, 1997, 4, 0, 0, 0x0c6, 0x0c6, 0},
    {"Shaking", "Shaking", "groundtruth_rect.txt", 1, 365, 4, 0, 0, 0x2c3, 0x2c3, 3},
    {"Singer1", "Singer1", "groundtruth_rect.txt", 1, 351, 4, 0, 0, 0x087, 0x087, 1},
    {"Singer2", "Singer2", "groundtruth_rect.txt", 1, 366, 4, 0, 0, 0x2c9, 0x2c9, 3},
    {"Skater", "Skater", "groundtruth_rect.txt", 1, 160, 4, 0, 0, 0x0ca, 0x04e, 0},
    {"Skater2", "Skater2", "groundtruth_rect.txt", 1, 435, 4, 0, 0, 0x0ea, 0x06e, 0},
    {"Skating1", "Skating1", "groundtruth_rect.txt", 1, 400, 4, 0, 0, 0x28f, 0x28f, 3},
    {"Skating2-1", "Skating2", "groundtruth_rect.1.txt", 1, 473, 4, 0, 0, 0x0ae, 0x0ae, 2},
    {"Skating2-2", "Skating2", "groundtruth_rect.2.txt", 1, 473, 4, 0, 0, 0x0ae, 0x0ae, 2},
    {"Skiing", "Skiing", "groundtruth_rect.txt", 1, 81, 4, 0, 0, 0x0cb, 0x0cb, 3},
    {"Soccer", "Soccer", "groundtruth_rect.txt", 1, 392, 4, 0, 0, 0x2f7, 0x2f7, 3},
    {"Subway", "Subway", "groundtruth_rect.txt", 1, 175, 4, 0, 0, 0x20c, 0x20c, 1},
    {"Surfer", "Surfer", "groundtruth_rect.txt", 1, 376, 4, 0, 0, 0x4e2, 0x466, 2},
    {"Suv", "Suv", "groundtruth_rect.txt", 1, 945, 4, 0, 0, 0x144, 0x144, 1},
    {"Sylvester", "Sylvester", "groundtruth_rect.txt", 1, 1345, 4, 0, 0, 0x0c1, 0x0c1, 3},
    {"Tiger1", "Tiger1", "groundtruth_rect.txt", 1, 354, 4, 5, 0, 0x0fd, 0x0fd, 1},
    {"Tiger2", "Tiger2", "groundtruth_rect.txt", 1, 365, 4, 0, 0, 0x1fd, 0x1fd, 3},
    {"Toy", "Toy", "groundtruth_rect.txt", 1, 271, 4, 0, 0, 0x0e2, 0x066, 0},
    {"Trans", "Trans", "groundtruth_rect.txt", 1, 124, 4, 0, 0, 0x00f, 0x08b, 0},
    {"Trellis", "Trellis", "groundtruth_rect.txt", 1, 569, 4, 0, 0, 0x2c3, 0x2c3, 3},
    {"Twinnings", "Twinnings", "groundtruth_rect.txt", 1, 472, 4, 0, 0, 0x082, 0x006, 0},
    {"Vase", "Vase", "groundtruth_rect.txt", 1, 271, 4, 0, 0, 0x062, 0x062, 0},
    {"Walking", "Walking", "groundtruth_rect.txt", 1, 412, 4, 0, 0, 0x00e, 0x00e, 3},
    {"Walking2", "Walking2", "groundtruth_rect.txt", 1, 500, 4, 0, 0, 0x406, 0x406, 3},
    {"Woman", "Woman", "groundtruth_rect.txt", 1, 597, 4, 0, 0, 0x0bf, 0x0bf, 3},
};
const int dslt_facts_otb100_count = 100;

static const dslt_frame_range omitted_basketball[] = {{8, 27}, {619, 628}, {639, 659}};
static const dslt_frame_range omitted_carscale[] = {{155, 177}, {202, 225}};
static const dslt_frame_range omitted_coke[] = {{7, 44}, {71, 78}, {162, 167}, {183, 192}, {197, 201}, {219, 227}, {250, 275}};
static const dslt_frame_range omitted_david3[] = {{22, 31}, {78, 91}, {179, 193}, {236, 244}};
static const dslt_frame_range omitted_doll[] = {{2552, 2573}, {2632, 2643}, {3714, 3771}};
static const dslt_frame_range omitted_dudek[] = {{204, 218}, {357, 372}, {971, 988}, {1090, 1116}};
static const dslt_frame_range omitted_faceocc1[] = {{23, 75}, {81, 148}, {168, 239}, {272, 325}, {349, 411}, {437, 593}, {613, 783}, {814, 892}};
static const dslt_frame_range omitted_faceocc2[] = {{79, 90}, {128, 185}, {247, 278}, {391, 520}, {681, 740}};
static const dslt_frame_range omitted_football[] = {{58, 65}, {76, 84}, {279, 305}, {319, 362}};
static const dslt_frame_range omitted_freeman4[] = {{7, 8}, {16, 17}, {25, 26}, {34, 38}, {42, 51}, {61, 74}, {81, 82}, {102, 103}, {116, 117}, {126, 130}, {142, 148}, {156, 168}, {181, 181}, {184, 188}, {205, 207}, {239, 256}, {268, 297}};
static const dslt_frame_range omitted_girl[] = {{421, 443}, {451, 469}};
static const dslt_frame_range omitted_ironman[] = {{102, 114}, {144, 145}, {156, 164}};
static const dslt_frame_range omitted_jogging1[] = {{61, 83}};
static const dslt_frame_range omitted_jogging2[] = {{40, 63}};
static const dslt_frame_range omitted_lemming[] = {{299, 379}, {427, 460}, {552, 560}};
static const dslt_frame_range omitted_liquor[] = {{383, 410}, {502, 510}, {604, 608}, {723, 735}, {768, 779}, {1181, 1187}, {1236, 1238}, {1286, 1289}, {1318, 1321}, {1351, 1358}, {1502, 1507}, {1515, 1521}, {1606, 1609}};
static const dslt_frame_range omitted_matrix[] = {{36, 40}};
static const dslt_frame_range omitted_redteam[] = {{1521, 1527}};
static const dslt_frame_range omitted_skating1[] = {{154, 189}};
static const dslt_frame_range omitted_soccer[] = {{93, 231}, {350, 392}};
static const dslt_frame_range omitted_subway[] = {{37, 45}, {52, 59}, {92, 101}};
static const dslt_frame_range omitted_suv[] = {{28, 58}, {189, 241}, {506, 572}, {669, 693}, {768, 792}};
static const dslt_frame_range omitted_tiger1[] = {{1, 5}, {9, 15}, {18, 29}, {40, 46}, {56, 66}, {100, 113}, {119, 128}, {134, 155}, {167, 186}, {203, 218}, {226, 241}, {248, 255}, {288, 314}, {318, 322}, {332, 354}};
static const dslt_frame_range omitted_tiger2[] = {{72, 76}, {80, 118}, {124, 153}, {165, 190}, {196, 203}, {207, 225}, {233, 276}, {285, 321}, {325, 340}, {346, 365}};
static const dslt_frame_range omitted_walking[] = {{81, 94}};
static const dslt_frame_range omitted_walking2[] = {{188, 233}, {370, 378}};
static const dslt_frame_range omitted_woman[] = {{106, 172}, {189, 247}, {262, 334}, {356, 413}, {457, 525}, {544, 597}};

const dslt_fact_omitted dslt_facts_otb_omitted[] = {
    {"Basketball", omitted_basketball, 3},
    {"CarScale", omitted_carscale, 2},
    {"Coke", omitted_coke, 7},
    {"David3", omitted_david3, 4},
    {"Doll", omitted_doll, 3},
    {"Dudek", omitted_dudek, 4},
    {"FaceOcc1", omitted_faceocc1, 8},
    {"FaceOcc2", omitted_faceocc2, 5},
    {"Football", omitted_football, 4},
    {"Freeman4", omitted_freeman4, 17},
    {"Girl", omitted_girl, 2},
    {"Ironman", omitted_ironman, 3},
    {"Jogging-1", omitted_jogging1, 1},
    {"Jogging-2", omitted_jogging2, 1},
    {"Lemming", omitted_lemming, 3},
    {"Liquor", omitted_liquor, 13},
    {"Matrix", omitted_matrix, 1},
    {"RedTeam", omitted_redteam, 1},
    {"Skating1", omitted_skating1, 1},
    {"Soccer", omitted_soccer, 2},
    {"Subway", omitted_subway, 3},
    {"Suv", omitted_suv, 5},
    {"Tiger1", omitted_tiger1, 15},
    {"Tiger2", omitted_tiger2, 10},
    {"Walking", omitted_walking, 1},
    {"Walking2", omitted_walking2, 2},
    {"Woman", omitted_woman, 6},
};
const int dslt_facts_otb_omitted_count = 27;
