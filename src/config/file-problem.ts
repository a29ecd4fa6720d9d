const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "is a folder, not a file",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
};

/** Why a file cannot be read, to be put behind its name. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ("code" in error ? words[String(error.code)] : undefined) ?? error.message;
}
