import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { longestRequestWait, ProducerConnection } from "./producer-connection.ts";

interface Link {
  readonly roundTrip: number;
  readonly service: number;
  readonly loop: number;
  readonly maxInFlight: number;
}

/** Records sent evenly: `count` of them, `spacing` ns apart, `gap` ns after the run before. */
interface Run {
  readonly count: number;
  readonly spacing: number;
  readonly gap: number;
}

/** What a send answers: its request starts, and when the connection is free again. */
interface Sent {
  readonly first: number;
  readonly last: number;
  readonly freeAt: number;
}

const link: Link = { roundTrip: 800, service: 1000, loop: 50, maxInFlight: 5 };

function connectionOf({ roundTrip, service, loop, maxInFlight }: Link): ProducerConnection {
  return new ProducerConnection(roundTrip, service, loop, maxInFlight);
}

function send(connection: ProducerConnection, count: number, first: number, last: number): Sent {
  const freeAt = connection.send(count, first, last);
  return { first: connection.first, last: connection.last, freeAt };
}

/** When each record of each run is sent. */
function sendTimes(runs: readonly Run[]): number[][] {
  let last = 0;
  return runs.map(({ count, spacing, gap }) => {
    const first = last + gap;
    last = first + (count - 1) * spacing;
    return Array.from({ length: count }, (_, k) => first + k * spacing);
  });
}

/** All runs through one connection, each as one send. */
function sendRuns(of: Link, runs: readonly (readonly number[])[]): Sent[] {
  const connection = connectionOf(of);
  return runs.map((times) => send(connection, times.length, times[0]!, times.at(-1)!));
}

/** The recursion, record by record: start_k = min(max(x_k + h, start_(k-1) + s), x_k + h + longest wait), where s is the
 *  service, or the share of it that the time since the record before is of a loop of the Sender. @returns the starts of
 *  each run. */
function simulate(of: Link, runs: readonly (readonly number[])[]): number[][] {
  const longestWait = longestRequestWait(of.roundTrip, of.service, of.maxInFlight);
  let lastSent = Number.NEGATIVE_INFINITY;
  let lastStart = Number.NEGATIVE_INFINITY;
  return runs.map((times) =>
    times.map((sent) => {
      const arrival = sent + of.roundTrip / 2;
      const step = of.service * Math.min(1, (sent - lastSent) / of.loop);
      lastSent = sent;
      lastStart = Math.min(Math.max(arrival, lastStart + step), arrival + longestWait);
      return lastStart;
    }),
  );
}

/** Mean wait for the next pass of the Sender in a run whose records come faster than it loops. */
function passWait(of: Link, times: readonly number[]): number {
  const count = times.length;
  const spacing = count > 1 ? times[1]! - times[0]! : of.loop;
  const longestWait = longestRequestWait(of.roundTrip, of.service, of.maxInFlight);
  return spacing < of.loop
    ? ((count - 1) / count) * (1 - spacing / of.loop) * (Math.min(of.service, longestWait) / 2)
    : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const links: fc.Arbitrary<Link> = fc.record({
  roundTrip: fc.integer({ min: 0, max: 3000 }),
  service: fc.integer({ min: 50, max: 3000 }),
  loop: fc.integer({ min: 1, max: 200 }),
  maxInFlight: fc.integer({ min: 1, max: 5 }),
});

const run: fc.Arbitrary<Run> = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  spacing: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 6000 })),
  gap: fc.integer({ min: 0, max: 4000 }),
});

const runLists = fc.array(run, { minLength: 1, maxLength: 8 });

describe("the longest wait for a request", () => {
  test("is what the other requests in flight take beyond the round trip, and half a service at least", () => {
    expect(longestRequestWait(800, 1000, 5)).toBe(3700);
    expect(longestRequestWait(800, 1000, 1)).toBe(500);
    expect(longestRequestWait(10_000, 1000, 5)).toBe(500);
  });
});

describe("a free connection", () => {
  test("starts records sparser than its service as they arrive, and answers one service after the last", () => {
    expect(send(connectionOf(link), 4, 10_000, 16_000)).toEqual({
      first: 10_400,
      last: 16_400,
      freeAt: 17_400,
    });
  });

  test("delays denser ones along a line with their mean wait, up to the longest", () => {
    // 400 apart: waits 0, 600, …, 3600, then 3700 three times: 2370 on average. The line would end at 2370 + 3700 / 2.
    expect(send(connectionOf(link), 10, 0, 3600)).toEqual({
      first: 400 + 2 * 2370 - 3700,
      last: 4000 + 3700,
      freeAt: 4000 + 3700 + 1000,
    });
  });

  test("queues records that come faster than the Sender loops by their share of a service, and for its next pass", () => {
    // 10 apart with a loop of 50: a fifth of a service each; waits 0, 190, 380, 570, 760. Four of five find the Sender
    // on its way, four fifths of the time, for half a service: 320 on average. The line rises by 760.
    expect(send(connectionOf(link), 5, 0, 40)).toEqual({
      first: 400 + 380 + 320 - 380,
      last: 440 + 380 + 320 + 380,
      freeAt: 440 + 760 + 1000,
    });
  });

  test("answers no record before its request starts, where the line ends behind the last one's own start", () => {
    const connection = connectionOf(link);
    const { last, freeAt } = send(connection, 5, 0, 40);
    expect(freeAt).toBe(last - 320 + 1000);
    expect(connection.lastAnsweredAt()).toBe(last + 1000);
  });
});

describe("a busy connection", () => {
  test("delays records by the queue before them until it has drained", () => {
    const connection = connectionOf(link);
    expect(send(connection, 4, 0, 1200).freeAt).toBe(4400);
    // 1500 apart, from 2000 at the broker: waits 2400, 1900, 1400, 900, 400, 0, 0: 1000 on average, 0 at the end.
    expect(send(connection, 7, 1600, 10_600)).toEqual({ first: 4000, last: 11_000, freeAt: 12_000 });
  });

  test("keeps a queue as it is when records come exactly as fast as they are served", () => {
    const connection = connectionOf(link);
    send(connection, 1, 0, 0);
    expect(send(connection, 3, 200, 2200)).toEqual({ first: 1400, last: 3400, freeAt: 4400 });
  });

  test("holds a record no longer than the requests in flight take, even if it is busy for longer", () => {
    const connection = connectionOf(link);
    send(connection, 100, 0, 9900);
    // All in flight: the last one started at 9900 + 400 + 3700. Free at 15,000, which would be a wait of 4690.
    expect(send(connection, 2, 9910, 19_910)).toEqual({
      first: 10_310 + 3700,
      last: 20_310,
      freeAt: 21_310,
    });
  });
});

describe("any sequence of runs", () => {
  property.prop([links, runLists], { numRuns: 1000 })(
    "starts on average exactly when the recursion starts it record by record, and frees the connection with it",
    (of, runs) => {
      const times = sendTimes(runs);
      const starts = simulate(of, times);
      const longestWait = longestRequestWait(of.roundTrip, of.service, of.maxInFlight);
      sendRuns(of, times).forEach((sent, i) => {
        const arrival = mean(times[i]!) + of.roundTrip / 2;
        const wait = Math.min(mean(starts[i]!) - arrival + passWait(of, times[i]!), longestWait);
        expect(Math.abs((sent.first + sent.last) / 2 - arrival - wait)).toBeLessThan(1e-3);
        expect(Math.abs(sent.freeAt - of.service - starts[i]!.at(-1)!)).toBeLessThan(1e-3);
      });
    },
  );

  property.prop([links, runLists])(
    "is as late one record at a time as in one run, where records come no faster than they are served",
    (of, runs) => {
      const times = sendTimes(
        runs.map((one) => ({ ...one, spacing: one.spacing + Math.max(of.service, of.loop) })),
      );
      const singles = sendRuns(
        of,
        times.flat().map((time) => [time]),
      );
      let at = 0;
      sendRuns(of, times).forEach((sent, i) => {
        const own = singles.slice(at, at + times[i]!.length);
        at += own.length;
        expect(Math.abs((sent.first + sent.last) / 2 - mean(own.map((one) => one.first)))).toBeLessThan(1e-3);
        expect(Math.abs(sent.freeAt - own.at(-1)!.freeAt)).toBeLessThan(1e-3);
      });
    },
  );

  property.prop([links, runLists])(
    "starts in order, never before it arrives nor later than the requests in flight take",
    (of, runs) => {
      const times = sendTimes(runs);
      const longestWait = longestRequestWait(of.roundTrip, of.service, of.maxInFlight);
      sendRuns(of, times).forEach(({ first, last }, i) => {
        const arrivals = [times[i]![0]! + of.roundTrip / 2, times[i]!.at(-1)! + of.roundTrip / 2] as const;
        expect(first).toBeGreaterThanOrEqual(arrivals[0] - 1e-3);
        expect(last).toBeGreaterThanOrEqual(arrivals[1] - 1e-3);
        expect(first).toBeLessThanOrEqual(arrivals[0] + longestWait + 1e-3);
        expect(last).toBeLessThanOrEqual(arrivals[1] + longestWait + 1e-3);
        expect(last).toBeGreaterThanOrEqual(first - 1e-3);
      });
    },
  );
});
