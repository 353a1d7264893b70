#include "proxy/file_watch.h"

#include <event2/event.h>
#include <gtest/gtest.h>

#include "proxy/loop.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  void watch(std::vector<std::string> files) {
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
  watch({folder_.file("a")});
  folder_.write("a", "2");
  EXPECT_EQ(changes_within(5000), 1);
  EXPECT_EQ(changes_within(200), 1);
}

TEST_F(FileWatchTest, the_same_content_is_no_change) {
  folder_.write("a", "1");
  watch({folder_.file("a")});
  folder_.write("a", "1");
  EXPECT_EQ(changes_within(200), 0);
}

TEST_F(FileWatchTest, a_file_that_is_replaced_or_comes_into_being_is_told) {
  watch({folder_.file("a")});
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
  watch({folder_.file("keys.yaml")});
  publish("2");
  EXPECT_EQ(changes_within(5000), 1);
  publish("3");
  EXPECT_EQ(changes_within(5000), 2);
}

TEST_F(FileWatchTest, other_files_may_be_watched_later) {
  folder_.write("a", "1");
  folder_.write("b", "1");
  watch({folder_.file("a")});
  watch_->watch({folder_.file("b")});
  folder_.write("a", "2");
  EXPECT_EQ(changes_within(200), 0);
  folder_.write("b", "2");
  EXPECT_EQ(changes_within(5000), 1);
}

}  // namespace
}  // namespace tollgate
