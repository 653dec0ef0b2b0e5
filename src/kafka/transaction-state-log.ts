/** Models: which partition of __transaction_state a transactional id belongs to; its leader coordinates the id.
 *  Source: kafka TransactionStateManager.partitionFor, Utils.abs, java.lang.String.hashCode.
 *  Leaves out: where the controller begins to spread the partitions (partition p is led by broker p modulo the number of
 *    brokers). */

/** Partition of `transactionalId`. @param partitions transaction.state.log.num.partitions. */
export function statePartitionOf(transactionalId: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < transactionalId.length; i++)
    hash = (Math.imul(31, hash) + transactionalId.charCodeAt(i)) | 0;
  const positive = hash === -0x80000000 ? 0 : Math.abs(hash);
  return positive % partitions;
}
