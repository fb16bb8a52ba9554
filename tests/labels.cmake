# SPDX-License-Identifier: Apache-2.0
# ctest reads this when it runs, after the lists of GoogleTest's tests, whose names are known only then. It gives every test
# its labels:
#   its room      ctest -L tracker
#   threads       run under ThreadSanitizer (make tsan)
#   numeric       long runs of arithmetic that smaller tests cover too; `make sanitize` leaves them out
#   slow          those below
#   another_day   slow ones that a sampled run (DSLT_TEST_SLOW="SEED;SHARE", set by scripts/run_tests.py) leaves out; seeds 1
#                 to SHARE between them take every slow test
#
# DSLT_TEST_LISTS are the variables that hold the names, DSLT_TEST_ENVIRONMENT what each test gets; gtest_discover_tests()
# itself would keep only the first of several variables.

# Regular expressions of tests that take two seconds or more on two Zen 5 cores, or repeat another test in another order.
set(slow
  "ShiftTest\\." "GroupPreset\\." "^Memory\\." "^Resume\\.[^A]" "^FullDisk\\." "^BackboneFallback\\."
  "^FlatMemory\\." "emulated\\.(RealWeights|Locate|Crop\\.FarPlaces|Presets/GraphNodes\\.AreThoseOfTheTable/trackloss|Presets/Emulated(Cfnet|Crt|Trackloss)|EmulatedTracklossOptions)" "^Fork\\.A" "^Container\\.(OneDamaged|Flawless|EveryOrientation)" "^TrackVideo\\."
  "AllocationTest\\.Nothing" "Harness(Shuffled|Reversed)"
  "^TrackTargets\\.(FormatsOf|WrongCommands|Csv)" "^TrackUsage\\.(Refuses|NoResult)" "^DatasetVerb\\.WrongCommandLines"
  "^BenchProgram\\.(WrongUse|TheCeiling|Sweeps|APlot)" "^Report\\.(Missing|Sequences)" "^ProgramEval\\.CommandLine" "^Demo\\.Refuses"
  "^Program\\.EachVerb" "^Trax\\.(WhatCannotBeDone|WrongCommandLines|TheSelftest)" "^TraxFolder\\.WhatIsWrong" "EmulatedGroup\\.(WhoJoins|Streams)" "EmulatedSave\\." "^Run\\.(WrongCommandLines|OtherOptions|MoreSequences|TheAblation)" "^Networks\\.(TheTable|WrongCommandLines)"
  "^LiveProgram\\.WrongCommandLines" "^Scene\\.(TruthLies|ThePost)" "^TrackerTest\\.(FramesWithout|BoxesOnThe)"
  "^TracklossTest\\.(EveryLoss|TheSameRun)" "^python\\.types" "BenchCases\\.AreRight/(anchor_columns|columns|crop|crop_boxes|regress_backward|regress_forward|regress_respond|regress_cudnn|upsample_cudnn)$" "^python\\.got10k" "^python\\.vot" "^python\\.examples")
# Tests of trackers in threads, of the thread that reads ahead, of the pool of processes, of errors kept per thread, of kernels whose
# blocks are threads (those in every build of ThreadSanitizer, and in no other).
set(threads "^ThreadsTest\\.|^Pool\\.|^LastError\\.|^BlocksAsThreads\\.|HarnessConcurrent")
set(numeric "ShiftTest\\.|GroupPreset\\.|^BackboneFallback\\.|^BackboneBatch\\.|FrozenTest\\.|RealWeights\\.|^Shipped\\.|RealShapes")
set(sample $ENV{DSLT_TEST_SLOW})

foreach(list IN LISTS DSLT_TEST_LISTS)
  string(REGEX REPLACE "^dslt_test_([a-z]+).*" "\\1" room "${list}")
  foreach(test IN LISTS ${list})
    set(labels ${room})
    if(test MATCHES "${threads}")
      list(APPEND labels threads)
    endif()
    if(test MATCHES "${numeric}")
      list(APPEND labels numeric)
    endif()
    set(is_slow FALSE) # one at a time: a regular expression of CMake takes no more than nine groups
    foreach(expression IN LISTS slow)
      if(test MATCHES "${expression}")
        set(is_slow TRUE)
        break()
      endif()
    endforeach()
    if(is_slow)
      list(APPEND labels slow)
      if(sample)
        list(GET sample 0 seed)
        list(GET sample 1 share)
        string(MD5 hash "${test}")
        string(SUBSTRING "${hash}" 0 6 hash)
        math(EXPR turn "(0x${hash} + ${seed}) % ${share}")
        if(turn)
          list(APPEND labels another_day)
        endif()
      endif()
    endif()
    set_tests_properties("${test}" PROPERTIES LABELS "${labels}" ENVIRONMENT "${${list}_ENVIRONMENT}")
  endforeach()
endforeach()
