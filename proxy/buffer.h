// Bytes on their way. Storage comes from a pool of blocks and goes back as soon as the buffer is
// empty, so an idle connection holds none. Used by one worker's thread only.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tollgate {

// Free blocks of one worker, the last used first because it is still in the cache. Outlives its
// buffers.
class BufferPool {
 public:
  static constexpr std::size_t kBlockBytes = 16 * 1024;
  static constexpr std::size_t kMaxFree = 128;  // 2 MiB kept at most

  BufferPool() = default;
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  [[nodiscard]] char* take();
  void give(char* block);

 private:
  std::vector<char*> free_;
};

// A contiguous queue of bytes: appended at the back, consumed at the front.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) : pool_(pool) {}
  ~Buffer() { clear(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] std::string_view view() const { return {data_ + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  // Room for at least `bytes` behind the content. May move the content, and with it what views it.
  [[nodiscard]] std::span<char> room(std::size_t bytes);
  // `bytes` of the room are content now.
  void commit(std::size_t bytes) { end_ += bytes; }
  void append(std::string_view bytes);
  // Never moves the rest.
  void consume(std::size_t bytes);
  void clear();
  void swap(Buffer& other) noexcept;

 private:
  void release();

  BufferPool& pool_;
  char* data_ = nullptr;  // from the pool where capacity_ is kBlockBytes, else from the heap
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tollgate
