import { benchAccounting } from "./accounting.ts";

// RADLOAD=path node bench/accounting-run.ts [SESSIONS [PACKETS [INFLIGHT…]]]
const radload = process.env["RADLOAD"];
const [sessions = "20000", packets = "100000", ...inFlight] = process.argv.slice(2);

if (radload === undefined) {
  console.error("RADLOAD: the path of the compiled load generator");
  process.exitCode = 2;
} else {
  const runs = await benchAccounting({
    radload,
    sessions: Number(sessions),
    packets: Number(packets),
    inFlight: (inFlight.length > 0 ? inFlight : ["64", "512", "2048"]).map(Number),
    report: (run) => console.log(JSON.stringify(run)),
  });
  console.table(runs);
}
