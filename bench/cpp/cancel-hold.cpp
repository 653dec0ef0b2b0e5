// Cancel-heavy HOLD: each executed event schedules its successor and moves another entity's event, chosen at random, by
// cancelling it and scheduling it anew. Arguments: draws, pending, events.
#include <set>

#include "draws.hpp"

int main(int, char** argv) {
  Draws draws(argv[1]);
  const uint32_t pending = static_cast<uint32_t>(std::atoi(argv[2]));
  const uint64_t events = std::strtoull(argv[3], nullptr, 10);
  std::set<Event, Sooner> queue;
  std::vector<std::set<Event, Sooner>::iterator> handles(pending);
  uint64_t sequence = 0;
  OrderHash order;
  Xorshift32 victims;
  for (uint32_t i = 0; i < pending; i++) {
    handles[i] = queue.insert({draws.draw(), sequence++, 0, static_cast<int32_t>(i), 0}).first;
  }
  Stopwatch stopwatch;
  for (uint64_t executed = 0; executed < events; executed++) {
    const Event event = *queue.begin();
    queue.erase(queue.begin());
    order.add(event.time, event.a);
    handles[event.a] = queue.insert({event.time + draws.draw(), sequence++, 0, event.a, 0}).first;
    const uint32_t victim = victims.draw() % pending;
    queue.erase(handles[victim]);
    handles[victim] =
        queue.insert({event.time + draws.draw(), sequence++, 0, static_cast<int32_t>(victim), 0}).first;
  }
  stopwatch.report(events, order.value);
}
