// A closed network of first-come-first-served stations; customers are routed at random, and each sojourn at a station enters a
// histogram. Arguments: draws, stations, customers, events.
#include <queue>

#include "draws.hpp"

enum Kind { DEPARTURE };

int main(int, char** argv) {
  Draws draws(argv[1]);
  const int stations = std::atoi(argv[2]);
  const int customers = std::atoi(argv[3]);
  const uint64_t events = std::strtoull(argv[4], nullptr, 10);
  std::priority_queue<Event, std::vector<Event>, Later> queue;
  uint64_t sequence = 0;
  OrderHash order;
  Histogram histogram;
  Xorshift32 routes;
  std::vector<int32_t> first(stations, -1), last(stations, -1), behind(customers, -1);
  std::vector<int64_t> arrived(customers);
  const auto arrive = [&](int64_t now, int32_t station, int32_t customer) {
    arrived[customer] = now;
    behind[customer] = -1;
    if (first[station] < 0) {
      first[station] = last[station] = customer;
      queue.push({now + draws.draw(), sequence++, DEPARTURE, station, 0});
    } else {
      behind[last[station]] = customer;
      last[station] = customer;
    }
  };
  for (int32_t customer = 0; customer < customers; customer++) arrive(0, customer % stations, customer);
  Stopwatch stopwatch;
  for (uint64_t executed = 0; executed < events; executed++) {
    const Event event = queue.top();
    queue.pop();
    switch (event.kind) {
      case DEPARTURE: {
        const int32_t station = event.a;
        order.add(event.time, station);
        const int32_t customer = first[station];
        histogram.record(event.time - arrived[customer]);
        first[station] = behind[customer];
        if (first[station] >= 0) queue.push({event.time + draws.draw(), sequence++, DEPARTURE, station, 0});
        arrive(event.time, static_cast<int32_t>(routes.draw() % static_cast<uint32_t>(stations)), customer);
        break;
      }
    }
  }
  stopwatch.report(events, order.value ^ histogram.hash());
}
