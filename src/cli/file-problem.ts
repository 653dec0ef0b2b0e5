const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "a file stands where a folder is wanted",
  EISDIR: "it is a folder, wanted a file",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENOENT: "there is no such file",
  ENOSPC: "no space is left",
  ENOTDIR: "a part of its path is a file, not a folder",
  EPERM: "permission denied",
  EROFS: "it lies on a read-only file system",
};

/** What the operating system said about a file, in plain words; undefined when the error is no such answer. */
export function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  const code = String(error.code);
  return PROBLEMS[code] ?? `the operating system answered ${code}`;
}
