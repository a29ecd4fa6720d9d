import { readFileSync } from "node:fs";

interface VitestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const [path = ""] = process.argv.slice(2);
const result: VitestResult = JSON.parse(readFileSync(path, "utf8"));
// A file that could not even be loaded has no tests to count: it is one failure.
const notLoaded = result.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
if (result.numPendingTests > 0) console.log(`${result.numPendingTests} skipped, named above`);
console.log(`${result.numPassedTests} passed, ${result.numFailedTests + notLoaded.length} failed`);
