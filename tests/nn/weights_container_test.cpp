/* SPDX-License-Identifier: Apache-2.0 */
// The safetensors container: good files are indexed, every kind of damage gets a sentence.
#include "weights_build.h"

namespace {

// Parses a copy that ends where the heap block ends, so that a read past the end is seen by ASan and
// Valgrind.
struct Parsed {
  std::vector<char> bytes;
  dslt_safetensors *file = nullptr;
  int rc;
  explicit Parsed(const std::string &text) : bytes(text.begin(), text.end()) {
    bytes.shrink_to_fit();
    rc = dslt_safetensors_parse(&file, bytes.data(), bytes.size(), "test.safetensors");
  }
  Parsed(const Parsed &) = delete;
  Parsed &operator=(const Parsed &) = delete;
  ~Parsed() { dslt_safetensors_free(file); }
};

void expect_bad(const std::string &text, const std::string &part) {
  Parsed parsed(text);
  EXPECT_FAILURE(parsed.rc, DSLT_EFORMAT, part);
  EXPECT_EQ(parsed.file, nullptr);
  EXPECT_EQ(std::string(dslt_last_error()).rfind("test.safetensors: ", 0), 0u) << dslt_last_error();
}

std::string tensor(const std::string &name, const std::string &shape, const std::string &offsets,
                   const std::string &dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}";
}

const std::string kFour(4, 'x'), kEight(8, 'x');

TEST(WeightsContainer, IndexesTensorsInTheOrderOfTheirData) {
  Parsed parsed(weight_file("{\"__metadata__\":{\"who\":\"me\"}," + tensor("late", "[1]", "[8,12]") + "," +
                                tensor("early", "[2,1]", "[0,8]") + "," + tensor("none", "[0,7]", "[12,12]") +
                                "}  ",
                            float_bytes({1, 2, 3})));
  ASSERT_EQ(parsed.rc, 0) << dslt_last_error();
  ASSERT_EQ(dslt_safetensors_count(parsed.file), 3);
  EXPECT_STREQ(dslt_safetensors_at(parsed.file, 0)->name, "early");
  EXPECT_STREQ(dslt_safetensors_at(parsed.file, 1)->name, "late");
  EXPECT_EQ(dslt_safetensors_at(parsed.file, 3), nullptr);
  EXPECT_EQ(dslt_safetensors_at(parsed.file, -1), nullptr);
  const dslt_named_tensor *early = dslt_safetensors_find(parsed.file, "early");
  ASSERT_NE(early, nullptr);
  EXPECT_EQ(early->view.rank, 2);
  EXPECT_EQ(early->view.shape[0], 2);
  EXPECT_EQ(early->view.bytes, 8u);
  EXPECT_EQ(values_of(early->view), (std::vector<float>{1, 2}));
  EXPECT_EQ(values_of(dslt_safetensors_find(parsed.file, "late")->view), std::vector<float>{3});
  EXPECT_EQ(dslt_safetensors_find(parsed.file, "none")->view.bytes, 0u);
  EXPECT_EQ(dslt_safetensors_find(parsed.file, "nobody"), nullptr);
  EXPECT_STREQ(dslt_safetensors_metadata(parsed.file, "who"), "me");
  EXPECT_EQ(dslt_safetensors_metadata(parsed.file, "what"), nullptr);
}

TEST(WeightsContainer, ListsOtherTypesAsOther) {
  Parsed parsed(
      weight_file("{" + tensor("a", "[1]", "[0,8]", "I64") + "," + tensor("b", "[4]", "[8,10]", "F4") + "}",
                  std::string(10, 'x')));
  ASSERT_EQ(parsed.rc, 0) << dslt_last_error();
  EXPECT_EQ(dslt_safetensors_at(parsed.file, 0)->view.dtype, DSLT_DTYPE_OTHER);
  EXPECT_STREQ(dslt_safetensors_at(parsed.file, 0)->dtype, "I64");
  EXPECT_STREQ(dslt_safetensors_at(parsed.file, 1)->dtype, "F4");
}

TEST(WeightsContainer, AcceptsNoTensorsAndNoMetadata) {
  Parsed parsed(weight_file("{}", ""));
  ASSERT_EQ(parsed.rc, 0) << dslt_last_error();
  EXPECT_EQ(dslt_safetensors_count(parsed.file), 0);
  EXPECT_EQ(dslt_safetensors_metadata(parsed.file, "any"), nullptr);
}

TEST(WeightsContainer, RejectsEveryTruncation) {
  const std::string good = weight_file("{" + tensor("a", "[2]", "[0,8]") + "}", kEight);
  for (size_t size = 0; size < good.size(); size++) {
    Parsed parsed(good.substr(0, size));
    EXPECT_EQ(parsed.rc, DSLT_EFORMAT) << "cut to " << size;
  }
  EXPECT_EQ(Parsed(good).rc, 0);
}

TEST(WeightsContainer, RejectsFewBytes) { expect_bad("abc", "too few"); }

TEST(WeightsContainer, RejectsHugeHeaderLength) {
  expect_bad(std::string(8, '\xff') + "{}", "limit");
  expect_bad(std::string("\x00\x00\x00\x80\x00\x00\x00\x00", 8) + "{}", "limit");
}

TEST(WeightsContainer, RejectsHeaderLongerThanFile) {
  expect_bad(std::string("\x03\x00\x00\x00\x00\x00\x00\x00", 8) + "{}", "cut short");
}

TEST(WeightsContainer, RejectsEmptyHeader) { expect_bad(std::string(8, '\0'), "header of 0 bytes"); }

TEST(WeightsContainer, RejectsOffsetsOutsideTheFile) {
  expect_bad(weight_file("{" + tensor("a", "[2]", "[0,8]") + "}", kFour), "ends at byte 8 of only 4");
  expect_bad(weight_file("{" + tensor("a", "[1]", "[9223372036854775803,9223372036854775807]") + "}", kFour),
             "of only 4");
}

TEST(WeightsContainer, RejectsNegativeAndReversedOffsets) {
  expect_bad(weight_file("{" + tensor("a", "[1]", "[-4,0]") + "}", kFour), "backwards");
  expect_bad(weight_file("{" + tensor("a", "[1]", "[4,0]") + "}", kFour), "backwards");
}

TEST(WeightsContainer, RejectsOverlap) {
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,4]") + "," + tensor("b", "[1]", "[0,4]") + "}", kFour),
             "\"b\" overlaps");
  expect_bad(weight_file("{" + tensor("a", "[2]", "[0,8]") + "," + tensor("b", "[0]", "[4,4]") + "}", kEight),
             "overlaps");
}

TEST(WeightsContainer, RejectsHoles) {
  expect_bad(weight_file("{" + tensor("a", "[1]", "[4,8]") + "}", kEight), "hole");
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,4]") + "}", kEight), "4 bytes after the last tensor");
}

TEST(WeightsContainer, RejectsOffsetsThatDoNotFitTheShape) {
  expect_bad(weight_file("{" + tensor("a", "[3]", "[0,8]") + "}", kEight),
             "8 bytes of data where its shape needs 12");
  expect_bad(weight_file("{" + tensor("a", "[]", "[0,8]") + "}", kEight), "needs 4");
}

TEST(WeightsContainer, RejectsUnknownType) {
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,4]", "F33") + "}", kFour), "unknown dtype \"F33\"");
  expect_bad(weight_file("{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", kFour), "no dtype");
}

TEST(WeightsContainer, RejectsPartsOfBytes) {
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,1]", "F4") + "}", "x"), "whole bytes");
}

TEST(WeightsContainer, RejectsDuplicateKeys) {
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,4]") + "," + tensor("a", "[1]", "[4,8]") + "}", kEight),
             "duplicate");
  expect_bad(weight_file("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                         kFour),
             "duplicate");
}

TEST(WeightsContainer, RejectsNegativeShape) {
  expect_bad(weight_file("{" + tensor("a", "[-1,-1]", "[0,4]") + "}", kFour), "negative");
}

TEST(WeightsContainer, RejectsOverflowingShape) {
  expect_bad(weight_file("{" + tensor("a", "[4294967296,4294967296,4294967296]", "[0,4]") + "}", kFour),
             "overflows");
  expect_bad(weight_file("{" + tensor("a", "[4611686018427387905]", "[0,4]") + "}", kFour), "overflows");
  expect_bad(weight_file("{" + tensor("a", "[99999999999999999999]", "[0,4]") + "}", kFour),
             "not valid JSON");
}

TEST(WeightsContainer, RejectsNumbersThatAreNotWhole) {
  expect_bad(weight_file("{" + tensor("a", "[1.0]", "[0,4]") + "}", kFour), "whole numbers");
  expect_bad(weight_file("{" + tensor("a", "[\"1\"]", "[0,4]") + "}", kFour), "whole numbers");
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,4.0]") + "}", kFour), "whole numbers");
}

TEST(WeightsContainer, RejectsWrongKindsOfValues) {
  expect_bad(weight_file("{\"a\":[]}", ""), "not described by an object");
  expect_bad(weight_file("{" + tensor("a", "4", "[0,4]") + "}", kFour), "no shape");
  expect_bad(weight_file("{" + tensor("a", "[1]", "[0,4,8]") + "}", kFour), "data_offsets");
  expect_bad(weight_file("{" + tensor("a", "[1]", "null") + "}", kFour), "data_offsets");
  expect_bad(weight_file("{\"a\":{}}", ""), "no dtype");
}

TEST(WeightsContainer, RejectsMetadataThatIsNotStrings) {
  expect_bad(weight_file("{\"__metadata__\":[]}", ""), "__metadata__");
  expect_bad(weight_file("{\"__metadata__\":{\"dslt.mean\":1}}", ""), "dslt.mean");
}

TEST(WeightsContainer, RejectsWhatIsNotJson) {
  expect_bad(weight_file("hello, world", ""), "'{'");
  expect_bad(weight_file(" {}", ""), "'{'");
  expect_bad(weight_file("{\"a\":}", ""), "not valid JSON");
  expect_bad(weight_file("{} {}", ""), "not valid JSON");
  expect_bad(weight_file("{\"a\xff\":{}}", ""), "not valid JSON");
}

TEST(WeightsContainer, RejectsNulBytes) {
  expect_bad(weight_file(std::string("{}\0", 3), ""), "not valid JSON");
  expect_bad(weight_file(std::string("{\"a\0b\":{}}", 10), ""), "not valid JSON");
  expect_bad(weight_file("{\"a\\u0000b\":{}}", ""), "not valid JSON");
}

TEST(WeightsContainer, RejectsDeepNesting) {
  expect_bad(weight_file("{\"a\":" + std::string(100000, '['), ""), "not valid JSON");
}

TEST(WeightsContainer, RejectsFloodOfValues) {
  std::string json = "{\"a\":[";
  for (int i = 0; i < 500001; i++) json += "[],";
  expect_bad(weight_file(json + "[]]}", ""), "more than 1000000 values");
}

TEST(WeightsContainer, SentencesCarryNoControlCharacters) {
  expect_bad(weight_file("{\"evil\\u001b[31m\\u009b\":3}", ""), "evil?[31m?");
  EXPECT_EQ(std::string(dslt_last_error()).find('\x1b'), std::string::npos);
}

TEST(WeightsContainer, PrintableCutsLongTextBetweenLetters) {
  char out[8];
  EXPECT_STREQ(dslt_printable(out, sizeof out, "1234567"), "1234567");
  EXPECT_STREQ(dslt_printable(out, sizeof out, "12345678"), "1234...");
  EXPECT_STREQ(dslt_printable(out, sizeof out, "123\xc3\xa9xxxxx"), "123...");
  char one[1] = {'x'};
  EXPECT_STREQ(dslt_printable(one, sizeof one, "long"), "");
}

}  // namespace
