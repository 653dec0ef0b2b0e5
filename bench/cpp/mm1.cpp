// M/M/1 as one writes it in C++: two std::mt19937_64 streams, std::exponential_distribution, a histogram of sojourn times.
// Arguments: draws, events, "drawn" or "shared". "shared" takes both delays from the draws, so that the order of events can be
// compared with another language's.
#include <deque>
#include <queue>
#include <random>

#include "draws.hpp"

enum Kind { ARRIVAL, DEPARTURE };

struct SharedDelays {
  Draws draws;
  int64_t interarrival() { return draws.draw() * 5 / 4; }
  int64_t service() { return draws.draw(); }
};

struct DrawnDelays {
  std::mt19937_64 arrivals{1}, services{2};
  std::exponential_distribution<double> between{0.8e-6}, serving{1e-6};
  int64_t interarrival() { return static_cast<int64_t>(between(arrivals)); }
  int64_t service() { return static_cast<int64_t>(serving(services)); }
};

template <class Delays>
void run(Delays delays, uint64_t events) {
  std::priority_queue<Event, std::vector<Event>, Later> queue;
  uint64_t sequence = 0;
  OrderHash order;
  Histogram histogram;
  std::deque<int64_t> waiting;
  int32_t arrivals = 0;
  Stopwatch stopwatch;
  queue.push({0, sequence++, ARRIVAL, 0, 0});
  for (uint64_t executed = 0; executed < events; executed++) {
    const Event event = queue.top();
    queue.pop();
    order.add(event.time, event.a);
    switch (event.kind) {
      case ARRIVAL:
        queue.push({event.time + delays.interarrival(), sequence++, ARRIVAL, ++arrivals, 0});
        waiting.push_back(event.time);
        if (waiting.size() == 1) queue.push({event.time + delays.service(), sequence++, DEPARTURE, -1, 0});
        break;
      case DEPARTURE:
        histogram.record(event.time - waiting.front());
        waiting.pop_front();
        if (!waiting.empty()) queue.push({event.time + delays.service(), sequence++, DEPARTURE, -1, 0});
        break;
    }
  }
  stopwatch.report(events, order.value ^ histogram.hash());
}

int main(int, char** argv) {
  const uint64_t events = std::strtoull(argv[2], nullptr, 10);
  if (std::strcmp(argv[3], "shared") == 0) {
    run(SharedDelays{Draws(argv[1])}, events);
  } else {
    run(DrawnDelays{}, events);
  }
}
