/**
 * What a text of the kind "key=value" sets, in a bag of such texts (Cisco-AVPair and its like): "key*value" is the same
 * setting, only optional; "subscriber:" in a CoA and "ip:" in an Access-Accept mean the same one, in any case.
 */
export const settingKey = (text: string): string =>
  (text.split(/[=*]/, 1)[0] ?? "").toLowerCase().replace(/^(subscriber|ip):/, "");
