// See buffer.h.
#include "proxy/buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tollgate {

BufferPool::~BufferPool() {
  for (char* block : free_) delete[] block;
}

char* BufferPool::take() {
  if (free_.empty()) return new char[kBlockBytes];
  char* block = free_.back();
  free_.pop_back();
  return block;
}

void BufferPool::give(char* block) {
  if (free_.size() < kMaxFree) {
    free_.push_back(block);
  } else {
    delete[] block;
  }
}

std::span<char> Buffer::room(std::size_t bytes) {
  const std::size_t used = size();
  if (capacity_ - end_ < bytes) {
    if (data_ != nullptr && capacity_ - used >= bytes) {
      std::memmove(data_, data_ + begin_, used);
    } else {
      const bool block = used + bytes <= BufferPool::kBlockBytes;
      const std::size_t capacity =
          block ? BufferPool::kBlockBytes : std::max(used + bytes, capacity_ * 2);
      char* data = block ? pool_.take() : new char[capacity];
      if (used > 0) std::memcpy(data, data_ + begin_, used);
      release();
      data_ = data;
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }
  return {data_ + end_, capacity_ - end_};
}

void Buffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void Buffer::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) clear();
}

void Buffer::clear() {
  release();
  begin_ = end_ = 0;
}

void Buffer::swap(Buffer& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(capacity_, other.capacity_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
}

void Buffer::release() {
  if (data_ == nullptr) return;
  if (capacity_ == BufferPool::kBlockBytes) {
    pool_.give(data_);
  } else {
    delete[] data_;
  }
  data_ = nullptr;
  capacity_ = 0;
}

}  // namespace tollgate
