// What both languages share: the draws, read from a file that the bench wrote, and the hash of the executed order.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

constexpr uint32_t DRAWS = 1 << 16;

struct Draws {
  std::vector<int64_t> values;
  uint32_t next = 0;

  explicit Draws(const char* path) : values(DRAWS) {
    std::vector<double> raw(DRAWS);
    FILE* file = std::fopen(path, "rb");
    if (file == nullptr || std::fread(raw.data(), sizeof(double), DRAWS, file) != DRAWS) {
      std::fprintf(stderr, "Cannot read the draws: %s\n", path);
      std::exit(3);
    }
    std::fclose(file);
    for (uint32_t i = 0; i < DRAWS; i++) values[i] = static_cast<int64_t>(raw[i]);
  }
  int64_t draw() { return values[next++ & (DRAWS - 1)]; }
};

struct Xorshift32 {
  uint32_t state = 2463534242u;
  uint32_t draw() {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
  }
};

struct Event {
  int64_t time;
  uint64_t sequence;
  int32_t kind;
  int32_t a;
  int32_t b;
};

struct Later {
  bool operator()(const Event& x, const Event& y) const {
    return x.time > y.time || (x.time == y.time && x.sequence > y.sequence);
  }
};

struct Sooner {
  bool operator()(const Event& x, const Event& y) const {
    return x.time < y.time || (x.time == y.time && x.sequence < y.sequence);
  }
};

struct OrderHash {
  uint32_t value = 0;
  void add(int64_t time, int32_t a) {
    value = (value ^ static_cast<uint32_t>(time) ^ static_cast<uint32_t>(a)) * 0x85ebca6bu;
    value ^= value >> 15;
  }
};

// Log-linear: 32 bins an octave, taken from the bits of a double.
struct Histogram {
  std::vector<uint32_t> bins = std::vector<uint32_t>(2048 * 32);
  void record(int64_t value) {
    double d = static_cast<double>(value);
    uint64_t bits;
    std::memcpy(&bits, &d, sizeof bits);
    bins[bits >> 47]++;
  }
  uint32_t hash() const {
    uint32_t h = 0;
    for (uint32_t bin : bins) h = (h ^ bin) * 0x85ebca6bu + 1;
    return h;
  }
};

// Processor time of this thread, as stopwatch.ts has it.
class Stopwatch {
  double start = now();

  static double now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

 public:
  void report(uint64_t events, uint32_t hash) const {
    double seconds = now() - start;
    std::printf("{\"events\":%llu,\"seconds\":%.9f,\"hash\":%u}\n", static_cast<unsigned long long>(events), seconds, hash);
  }
};
