/** What a workload is compared with: a C++ program of `cpp/`, or another workload of the same run. */
export type Reference =
  | { readonly kind: "cpp"; readonly program: string }
  | { readonly kind: "workload"; readonly name: string };

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** File in `workloads/` that exports `measure`. */
  readonly module: string;
  readonly reference: Reference;
  /** Given to the module and to the C++ program alike. */
  readonly parameters: readonly string[];
  /** Small, for a smoke test; also what the order of events is checked with when `parameters` draw from streams of their own. */
  readonly smokeParameters: readonly string[];
  /** Least events/s relative to the reference. */
  readonly floor: number;
  /** What it aims at. */
  readonly goal: number;
  /** Whether both draw the same numbers with `parameters` too, so that their hashes must agree. */
  readonly isShared: boolean;
}

/** Every workload, in the order in which they are printed. One that has no C++ reference names another workload. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: "hold-100",
    title: "HOLD, 100 pending",
    module: "hold",
    reference: { kind: "cpp", program: "hold" },
    parameters: ["100", "10000000"],
    smokeParameters: ["100", "200000"],
    floor: 0.85,
    goal: 1.2,
    isShared: true,
  },
  {
    name: "hold-10k",
    title: "HOLD, 10,000 pending",
    module: "hold",
    reference: { kind: "cpp", program: "hold" },
    parameters: ["10000", "10000000"],
    smokeParameters: ["10000", "200000"],
    floor: 1,
    goal: 2,
    isShared: true,
  },
  {
    name: "hold-1m",
    title: "HOLD, 1,000,000 pending",
    module: "hold",
    reference: { kind: "cpp", program: "hold" },
    parameters: ["1000000", "6000000"],
    smokeParameters: ["1000000", "200000"],
    floor: 0.4,
    goal: 1.5,
    isShared: true,
  },
  {
    name: "closed-network",
    title: "closed network, 1,000 stations, 10,000 customers, histogram",
    module: "closed-network",
    reference: { kind: "cpp", program: "closed-network" },
    parameters: ["1000", "10000", "10000000"],
    smokeParameters: ["1000", "10000", "200000"],
    floor: 0.85,
    goal: 1.15,
    isShared: true,
  },
  {
    name: "mm1",
    title: "M/M/1, two random streams, histogram",
    module: "mm1",
    reference: { kind: "cpp", program: "mm1" },
    parameters: ["10000000", "drawn"],
    smokeParameters: ["200000", "shared"],
    floor: 0.65,
    goal: 0.8,
    isShared: false,
  },
  {
    name: "cancel-100",
    title: "cancel-heavy HOLD, 100 pending, against std::set",
    module: "cancel-hold",
    reference: { kind: "cpp", program: "cancel-hold" },
    parameters: ["100", "4000000"],
    smokeParameters: ["100", "200000"],
    floor: 1.7,
    goal: 2.2,
    isShared: true,
  },
  {
    name: "cancel-10k",
    title: "cancel-heavy HOLD, 10,000 pending, against std::set",
    module: "cancel-hold",
    reference: { kind: "cpp", program: "cancel-hold" },
    parameters: ["10000", "4000000"],
    smokeParameters: ["10000", "200000"],
    floor: 1.7,
    goal: 2.2,
    isShared: true,
  },
  {
    name: "orders",
    title: "pipelines/orders.yaml, recorders and checks included, against HOLD, 100 pending",
    module: "pipeline",
    reference: { kind: "workload", name: "hold-100" },
    parameters: ["orders", "3600"],
    smokeParameters: ["orders", "30"],
    floor: 1 / 3,
    goal: 1 / 3,
    isShared: false,
  },
  {
    name: "orders-x100",
    title: "the same with 1,000,000 records/s of a hundredth of the size and service time",
    module: "pipeline",
    reference: { kind: "workload", name: "hold-100" },
    parameters: [
      "orders",
      "3600",
      "producers.shop.rate=1000000/s",
      "producers.shop.record=4 B",
      "jobs.enrich.operators.join.service-time=2 us",
      "flink.config.taskmanager.memory.segment-size=128 kb",
    ],
    smokeParameters: ["orders", "30", "producers.shop.rate=1000000/s", "producers.shop.record=4 B"],
    floor: 1 / 3,
    goal: 1 / 3,
    isShared: false,
  },
  {
    name: "reference",
    title: "pipelines/reference.yaml, 4 x 4 x 4 subtasks, recorders and checks included",
    module: "pipeline",
    reference: { kind: "workload", name: "hold-100" },
    parameters: ["reference", "3600"],
    smokeParameters: ["reference", "30"],
    floor: 1 / 3,
    goal: 1 / 3,
    isShared: false,
  },
];
