// HOLD: n events pending; each executed event schedules one. Arguments: draws, pending, events.
#include <queue>

#include "draws.hpp"

int main(int, char** argv) {
  Draws draws(argv[1]);
  const int pending = std::atoi(argv[2]);
  const uint64_t events = std::strtoull(argv[3], nullptr, 10);
  std::priority_queue<Event, std::vector<Event>, Later> queue;
  uint64_t sequence = 0;
  OrderHash order;
  for (int i = 0; i < pending; i++) queue.push({draws.draw(), sequence++, 0, i, 0});
  Stopwatch stopwatch;
  for (uint64_t executed = 0; executed < events; executed++) {
    const Event event = queue.top();
    queue.pop();
    order.add(event.time, event.a);
    queue.push({event.time + draws.draw(), sequence++, 0, event.a, 0});
  }
  stopwatch.report(events, order.value);
}
