/** How often what was asked of the coordinators. */
export interface TransactionCounters {
  findCoordinator: number;
  initProducerId: number;
  newTransactionalIds: number;
  addPartitions: number;
  endTxn: number;
  concurrentTransactions: number;
  notCoordinator: number;
  markerRequests: number;
  markers: number;
  stateLogWrites: number;
  committed: number;
  aborted: number;
  timedOut: number;
}

export function transactionCounters(): TransactionCounters {
  return {
    findCoordinator: 0,
    initProducerId: 0,
    newTransactionalIds: 0,
    addPartitions: 0,
    endTxn: 0,
    concurrentTransactions: 0,
    notCoordinator: 0,
    markerRequests: 0,
    markers: 0,
    stateLogWrites: 0,
    committed: 0,
    aborted: 0,
    timedOut: 0,
  };
}
