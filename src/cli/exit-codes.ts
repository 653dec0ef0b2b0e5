/** What the process tells its caller. */
export const EXIT_CODES = {
  fine: 0,
  /** A named check found a violation. */
  checkFailed: 1,
  /** Wrong configuration or usage; the user can mend it. */
  badInput: 2,
  /** A bug of Sluice. */
  bug: 3,
  /** Ended by Ctrl-C, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
