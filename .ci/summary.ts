import { readFileSync } from "node:fs";

interface VitestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

const [path = ""] = process.argv.slice(2);
const result = JSON.parse(readFileSync(path, "utf8")) as VitestResult;
const skipped = result.numPendingTests > 0 ? `, ${result.numPendingTests} skipped` : "";
console.log(`${result.numPassedTests} passed, ${result.numFailedTests} failed${skipped}`);
