#include "proxy/file_watch.h"

#include <event2/event.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "proxy/loop.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  void watch(const std::string& name) { watch_as_seen({look_at_file(folder_.file(name))}); }
  void watch_as_seen(std::vector<SeenFile> files) {
    watch_ = FileWatch::start(loop_.base(), std::move(files), [this] {
      ++changes_;
      event_base_loopbreak(loop_.base());
    });
  }
  // Runs the loop until something has changed, but no longer than this.
  int changes_within(int ms) {
    const timeval limit{ms / 1000, ms % 1000 * 1000};
    event_base_loopexit(loop_.base(), &limit);
    event_base_dispatch(loop_.base());
    return changes_;
  }
  TempFolder folder_;
  ManualClock clock_;
  Loop loop_{clock_};
  std::unique_ptr<FileWatch> watch_;
  int changes_ = 0;
};

TEST_F(FileWatchTest, a_written_file_is_told_once) {
  folder_.write("a", "1");
  watch("a");
  folder_.write("a", "2");
  EXPECT_EQ(changes_within(5000), 1);
  EXPECT_EQ(changes_within(200), 1);
}

// A reload then says what is wrong with it.
TEST_F(FileWatchTest, a_file_that_becomes_a_folder_or_a_pipe_is_told) {
  folder_.write("a", "1");
  watch("a");
  std::filesystem::remove(folder_.file("a"));
  std::filesystem::create_directory(folder_.file("a"));
  EXPECT_EQ(changes_within(5000), 1);
  std::filesystem::remove(folder_.file("a"));
  folder_.write("a", "1");
  EXPECT_EQ(changes_within(5000), 2);
  std::filesystem::remove(folder_.file("a"));
  ASSERT_EQ(mkfifo(folder_.file("a").c_str(), 0600), 0);
  EXPECT_EQ(changes_within(5000), 3);
}

TEST_F(FileWatchTest, the_same_content_is_no_change) {
  folder_.write("a", "1");
  watch("a");
  folder_.write("a", "1");
  EXPECT_EQ(changes_within(200), 0);
}

TEST_F(FileWatchTest, a_file_that_is_replaced_or_comes_into_being_is_told) {
  watch("a");
  folder_.write("b", "new");
  std::filesystem::rename(folder_.file("b"), folder_.file("a"));
  EXPECT_EQ(changes_within(5000), 1);
}

// As the kubelet updates a volume: a new folder, and "..data" swapped to it by a rename.
TEST_F(FileWatchTest, a_swap_of_kubernetes_data_link_is_told_every_time) {
  namespace fs = std::filesystem;
  const auto publish = [&](const std::string& version) {
    fs::create_directory(folder_.file("..v" + version));
    folder_.write("..v" + version + "/keys.yaml", version);
    fs::create_symlink("..v" + version, folder_.file("..data_tmp"));
    fs::rename(folder_.file("..data_tmp"), folder_.file("..data"));
  };
  publish("1");
  fs::create_symlink("..data/keys.yaml", folder_.file("keys.yaml"));
  watch("keys.yaml");
  publish("2");
  EXPECT_EQ(changes_within(5000), 1);
  publish("3");
  EXPECT_EQ(changes_within(5000), 2);
}

TEST_F(FileWatchTest, other_files_may_be_watched_later) {
  folder_.write("a", "1");
  folder_.write("b", "1");
  watch("a");
  watch_->watch({look_at_file(folder_.file("b"))});
  folder_.write("a", "2");
  EXPECT_EQ(changes_within(200), 0);
  folder_.write("b", "2");
  EXPECT_EQ(changes_within(5000), 1);
}

// A file is looked at, then read, then watched.
TEST_F(FileWatchTest, a_write_between_the_look_and_the_watch_is_told) {
  folder_.write("a", "1");
  const SeenFile seen = look_at_file(folder_.file("a"));
  folder_.write("a", "2");
  watch_as_seen({seen});
  EXPECT_EQ(changes_within(5000), 1);
  EXPECT_EQ(changes_within(200), 1);
}

TEST_F(FileWatchTest, an_empty_file_is_not_a_missing_one) {
  watch("a");
  folder_.write("a", "");
  EXPECT_EQ(changes_within(5000), 1);
  std::filesystem::remove(folder_.file("a"));
  EXPECT_EQ(changes_within(5000), 2);
}

TEST_F(FileWatchTest, a_burst_of_any_number_of_events_is_told_by_time) {
  folder_.write("a", "1");
  watch("a");
  const auto write_for = [&](const char* name, timeval time, int until_changes) {
    bool over = false;
    event_base_once(
        loop_.base(), -1, EV_TIMEOUT,
        [](evutil_socket_t, short, void* flag) { *static_cast<bool*>(flag) = true; }, &over, &time);
    for (int i = 0; !over && changes_ < until_changes; ++i) {
      folder_.write(name, std::to_string(i));
      event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
    }
    return over;
  };
  EXPECT_TRUE(write_for("a", {0, 200'000}, 1000));
  // None as a rule; a busy machine may leave gaps.
  EXPECT_LE(changes_, 1);
  EXPECT_LE(changes_within(1000), 2);
  changes_ = 0;
  folder_.write("a", "new");
  EXPECT_FALSE(write_for("b", {10, 0}, 1)) << "a folder that never rests is looked at all the same";
}

}  // namespace
}  // namespace tollgate
