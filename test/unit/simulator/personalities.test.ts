import { describe, expect, test } from "vitest";
import { accelPpp } from "../../../src/simulator/personalities/accel-ppp.ts";
import { ciscoIosXe } from "../../../src/simulator/personalities/cisco-ios-xe.ts";
import { coovaChilli } from "../../../src/simulator/personalities/coova-chilli.ts";
import { generic } from "../../../src/simulator/personalities/generic.ts";
import { hostapd, hostapdWithTerms } from "../../../src/simulator/personalities/hostapd.ts";
import { juniper } from "../../../src/simulator/personalities/juniper.ts";
import { mikrotik } from "../../../src/simulator/personalities/mikrotik.ts";
import { personalityBench, said } from "./personality-bench.ts";

const S1 = { "Acct-Session-Id": "S1" };

describe("generic", () => {
  test("an attribute replaces the one of its name, and accounting shows it", () => {
    const bench = personalityBench(generic, { "Filter-Id": "residential" });
    expect(said(bench.ask("coa", { ...S1, "Filter-Id": "walled-garden" }))).toBe("ack");
    expect(bench.state().inForce).toMatchObject({ garden: "walled-garden", filters: ["walled-garden"] });
    expect(bench.shown()).toEqual({ "Filter-Id": ["walled-garden"] });
  });

  test.each([
    ["nak 401", "coa", { ...S1, "Mikrotik-Rate-Limit": "1k/1k" }],
    ["nak 401", "disconnect", { ...S1, "Filter-Id": "x" }],
    ["nak 402", "coa", { "Filter-Id": "x" }],
    ["nak 402", "coa", S1],
    ["nak 403", "coa", { ...S1, "NAS-Identifier": "bng2", "Filter-Id": "x" }],
    ["nak 503", "disconnect", { "Acct-Session-Id": "S9" }],
    ["nak 503", "disconnect", { ...S1, "Framed-IP-Address": "100.64.0.2" }],
    ["ack", "disconnect", { ...S1, "NAS-Identifier": "bng1" }],
  ] as const)("%s to a %s with %j", (answer, kind, attributes) => {
    expect(said(personalityBench(generic).ask(kind, attributes))).toBe(answer);
  });

  test("a name that fits two sessions changes both", () => {
    const verdict = personalityBench(generic).ask("coa", { "User-Name": "anna", "Filter-Id": "x" });
    expect(verdict).toMatchObject({ kind: "acknowledged", changes: [{}, {}] });
  });
});

describe("accel-ppp", () => {
  const unable = { ...S1, "Filter-Id": "1000/2000000" };

  test("a rate that cannot be installed is refused without a cause, though the down rate has changed", () => {
    const bench = personalityBench(accelPpp, { "Filter-Id": "100000/20000" });
    expect(said(bench.ask("coa", unable))).toBe("nak");
    expect(bench.state().inForce.rates).toEqual({ downKbps: 1000, upKbps: 20_000 });
  });

  test("the identical request again is acknowledged, and does nothing", () => {
    const bench = personalityBench(accelPpp, { "Filter-Id": "100000/20000" });
    bench.ask("coa", unable);
    expect(said(bench.ask("coa", unable))).toBe("ack");
    expect(bench.state().inForce.rates).toEqual({ downKbps: 1000, upKbps: 20_000 });
  });

  test.each([
    ["an unknown attribute", { "Session-Timeout": 60 }],
    ["a garbage Filter-Id", { "Filter-Id": "walled-garden" }],
    ["a rate of 0", { "Filter-Id": "0/0" }],
  ])("%s is acknowledged and changes nothing", (_what, change) => {
    const bench = personalityBench(accelPpp, { "Filter-Id": "100000/20000" });
    expect(said(bench.ask("coa", { ...S1, ...change }))).toBe("ack");
    expect(bench.state().inForce.rates).toEqual({ downKbps: 100_000, upKbps: 20_000 });
  });

  test("Class makes it ignore the rest", () => {
    const bench = personalityBench(accelPpp);
    expect(said(bench.ask("coa", { ...S1, Class: "gold", "Filter-Id": "1000/256" }))).toBe("ack");
    expect(bench.state().inForce.rates).toBeUndefined();
    expect(bench.shown()).toEqual({ Class: ["gold"] });
  });

  test("RouterOS' rate has its directions swapped", () => {
    const bench = personalityBench(accelPpp);
    bench.ask("coa", { ...S1, "Mikrotik-Rate-Limit": "256k/1M" });
    expect(bench.state().inForce.rates).toEqual({ downKbps: 1000, upKbps: 256 });
  });

  test("another NAS's name is a 403; no session key at all is refused without a cause", () => {
    expect(said(personalityBench(accelPpp).ask("coa", { ...S1, "NAS-IP-Address": "192.0.2.9" }))).toBe("nak 403");
    expect(said(personalityBench(accelPpp).ask("coa", { "Filter-Id": "1/1" }))).toBe("nak");
  });
});

describe("coova-chilli", () => {
  const both = { ...S1, "User-Name": "anna" };
  const limits = { "WISPr-Bandwidth-Max-Down": 1_000_000, "WISPr-Bandwidth-Max-Up": 256_000 };

  test("a CoA replaces the whole set: what it leaves out is unlimited, and it is acknowledged", () => {
    const bench = personalityBench(coovaChilli, limits);
    expect(bench.state().inForce.rates).toEqual({ downKbps: 1000, upKbps: 256 });
    expect(said(bench.ask("coa", { ...both, "WISPr-Bandwidth-Max-Up": 128_000 }))).toBe("ack");
    expect(bench.state().inForce.rates).toEqual({ upKbps: 128 });
  });

  test("Filter-Id alone is acknowledged, and the limits are gone", () => {
    const bench = personalityBench(coovaChilli, limits);
    expect(said(bench.ask("coa", { ...both, "Filter-Id": "garden" }))).toBe("ack");
    expect(bench.state().inForce.rates).toBeUndefined();
  });

  test("without User-Name there is no answer; a NAK has no cause", () => {
    expect(said(personalityBench(coovaChilli).ask("disconnect", S1))).toBe("silent");
    expect(said(personalityBench(coovaChilli).ask("disconnect", { "User-Name": "otto" }))).toBe("nak");
  });
});

describe("hostapd", () => {
  test.each([
    ["nak 401", "disconnect", { ...S1, "Framed-IP-Address": "100.64.0.1" }],
    ["nak 405", "coa", { ...S1 }],
    ["nak 407", "disconnect", { "Calling-Station-Id": "not-a-mac" }],
    ["nak 503", "disconnect", { "Acct-Session-Id": "S9" }],
    ["nak 508", "disconnect", { "User-Name": "anna" }],
    ["ack", "disconnect", { ...S1, "User-Name": "anna", "Calling-Station-Id": "02:00:00:00:00:01" }],
  ] as const)("%s to a %s with %j", (answer, kind, attributes) => {
    expect(said(personalityBench(hostapd).ask(kind, attributes))).toBe(answer);
  });

  test("built with terms and conditions, a CoA without them is a 402", () => {
    expect(said(personalityBench(hostapdWithTerms).ask("coa", S1))).toBe("nak 402");
    expect(said(personalityBench(hostapdWithTerms).ask("coa", { ...S1, "Attr-26.40808.10": "url" }))).toBe("ack");
  });
});

describe("mikrotik", () => {
  const whole = { ...S1, "User-Name": "anna", "Framed-IP-Address": "100.64.0.1" };

  test("an address list can be replaced, and not be cleared", () => {
    const bench = personalityBench(mikrotik);
    bench.ask("coa", { ...whole, "Mikrotik-Address-List": "weir-garden" });
    expect(bench.state().inForce.garden).toBe("weir-garden");
    expect(said(bench.ask("coa", { ...whole, "Mikrotik-Address-List": "" }))).toBe("ack");
    expect(bench.state().inForce.garden).toBe("weir-garden");
    bench.ask("coa", { ...whole, "Mikrotik-Address-List": "residential" });
    expect(bench.state().inForce.garden).toBeUndefined();
  });

  test("what it does not support is acknowledged and ignored", () => {
    const bench = personalityBench(mikrotik, { "Mikrotik-Rate-Limit": "20M/100M" });
    expect(said(bench.ask("coa", { ...whole, "WISPr-Bandwidth-Max-Down": 1000, "Framed-Pool": "x" }))).toBe("ack");
    expect(bench.state().inForce.rates).toEqual({ downKbps: 100_000, upKbps: 20_000 });
    expect(bench.shown()).toEqual({ "Mikrotik-Rate-Limit": ["20M/100M"] });
  });

  test("the session id alone finds nothing", () => {
    expect(said(personalityBench(mikrotik).ask("disconnect", S1))).toBe("nak 503");
    expect(said(personalityBench(mikrotik).ask("disconnect", whole))).toBe("ack");
  });
});

describe("juniper", () => {
  const activate = (service: string) => ({ ...S1, "ERX-Service-Activate": service });
  const deactivate = (service: string) => ({ ...S1, "ERX-Service-Deactivate": service });

  test("a service runs with its parameters until it is deactivated", () => {
    const bench = personalityBench(juniper);
    expect(said(bench.ask("coa", activate("weir-throttle(1000k,256k)")))).toBe("ack");
    expect(bench.state().inForce).toMatchObject({ rates: { downKbps: 1000, upKbps: 256 } });
    expect(bench.shown()).toEqual({ "ERX-Service-Session": ["weir-throttle(1000k,256k)"] });
    expect(said(bench.ask("coa", deactivate("weir-throttle(1000k,256k)")))).toBe("ack");
    expect(bench.state().inForce).toEqual({ filters: [], rules: [], services: [] });
  });

  test("other parameters take the place of those that run", () => {
    const bench = personalityBench(juniper);
    bench.ask("coa", activate("weir-throttle(1000k,256k)"));
    bench.ask("coa", activate("weir-throttle(2m,1m)"));
    expect(bench.state().inForce).toMatchObject({
      services: ["weir-throttle(2m,1m)"],
      rates: { downKbps: 2000, upKbps: 1000 },
    });
  });

  test("deactivations of a packet come before its activations", () => {
    const bench = personalityBench(juniper, { "ERX-Service-Activate": "a" });
    expect(said(bench.ask("coa", { ...activate("a"), "ERX-Service-Deactivate": "a" }))).toBe("ack");
    expect(bench.state().inForce.services).toEqual(["a"]);
  });

  test.each([
    ["nak 404", deactivate("never-ran")],
    ["nak 404", activate("broken(1k")],
    ["nak 401", { ...S1, "Filter-Id": "x" }],
    ["nak 503", { "Acct-Session-Id": "S9", "ERX-Service-Activate": "a" }],
  ])("%s to %j", (answer, attributes) => {
    expect(said(personalityBench(juniper).ask("coa", attributes))).toBe(answer);
  });
});

describe("cisco-ios-xe", () => {
  const pairs = (...values: string[]) => ({ ...S1, "Cisco-AVPair": values });
  const on = (name: string) => pairs("subscriber:command=activate-service", `subscriber:service-name=${name}`);

  test("a service is activated and deactivated by a command and its name", () => {
    const bench = personalityBench(ciscoIosXe);
    expect(said(bench.ask("coa", on("WEIR-GARDEN")))).toBe("ack");
    expect(bench.state().inForce).toMatchObject({ garden: "WEIR-GARDEN", services: ["WEIR-GARDEN"] });
    const off = pairs("subscriber:command=deactivate-service", "subscriber:service-name=WEIR-GARDEN");
    expect(said(bench.ask("coa", off))).toBe("ack");
    expect(bench.state().inForce.services).toEqual([]);
  });

  test("one command a packet", () => {
    const bench = personalityBench(ciscoIosXe);
    const [command, name] = ["subscriber:command=activate-service", "subscriber:service-name="];
    expect(said(bench.ask("coa", pairs(command!, `${name}A`, command!, `${name}B`)))).toBe("nak 404");
    expect(bench.state().inForce.services).toEqual([]);
  });

  test("a policy replaces the one of its direction", () => {
    const bench = personalityBench(ciscoIosXe, { "Cisco-AVPair": ["ip:sub-qos-policy-out=gold-100m"] });
    bench.ask("coa", pairs("subscriber:sub-qos-policy-out=weir-1000k", "subscriber:sub-qos-policy-in=weir-256k"));
    expect(bench.state().inForce.rates).toEqual({ downKbps: 1000, upKbps: 256 });
    expect(bench.shown()["Cisco-AVPair"]).toHaveLength(2);
  });

  test("a command that there is not is a 405", () => {
    expect(
      said(personalityBench(ciscoIosXe).ask("coa", pairs("subscriber:command=dance", "subscriber:service-name=x"))),
    ).toBe("nak 405");
  });
});
