/** What a log says of a lost connection: pg hangs the whole client on its errors, which would be pages. */
export const connectionFault = (error: Error): { readonly reason: string; readonly code?: string } => ({
  reason: error.message,
  ...("code" in error && typeof error.code === "string" && { code: error.code }),
});
