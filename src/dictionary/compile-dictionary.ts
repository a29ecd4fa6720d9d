import type { AttributeDefinition, Dictionary, ValueType, Vendor, VendorFormat } from "./dictionary.ts";
import { valueTypes } from "./dictionary.ts";
import { DictionaryError, type DictionaryErrorCode } from "./dictionary-error.ts";
import type { Statement } from "./read-statements.ts";

interface Block {
  readonly kind: "vendor" | "tlv";
  readonly name: string;
  /** What attributes inside are numbered below. */
  readonly prefix: string;
  readonly vendor?: Vendor;
  readonly statement: Statement;
}

interface Tables {
  readonly byName: Map<string, AttributeDefinition>;
  readonly byOid: Map<string, AttributeDefinition>;
  readonly vendors: Map<string | number, Vendor>;
  readonly numbers: Map<string, Map<string, bigint>>;
  readonly names: Map<string, Map<bigint, string>>;
  readonly blocks: Block[];
  /** Names of a server's own attributes, which never travel. */
  readonly internal: Set<string>;
}

function fail(statement: Statement, code: DictionaryErrorCode, message: string): never {
  throw new DictionaryError(code, message, statement);
}

const aliases: Readonly<Record<string, ValueType>> = {
  text: "string",
  uint8: "byte",
  uint16: "short",
  uint32: "integer",
  uint64: "integer64",
  int32: "signed",
  time: "date",
  ipv4addr: "ipaddr",
};

const DEFAULT_FORMAT: VendorFormat = { typeOctets: 1, lengthOctets: 1, hasContinuation: false };

function number(statement: Statement, text: string, maximum: bigint): bigint {
  if (!/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return fail(statement, "invalid-number", `"${text}" is not a number`);
  const value = BigInt(text);
  return value <= maximum ? value : fail(statement, "invalid-number", `${text} is above ${maximum}`);
}

function fieldsBetween(statement: Statement, least: number, most: number): readonly string[] {
  const { fields, keyword } = statement;
  const isRight = fields.length >= least && fields.length <= most;
  return isRight
    ? fields
    : fail(statement, "wrong-number-of-fields", `${keyword} takes ${least} to ${most} fields, not ${fields.length}`);
}

function vendorFormat(statement: Statement, text: string | undefined): VendorFormat {
  if (text === undefined) return DEFAULT_FORMAT;
  const match = /^format=([124]),([012])(,c)?$/.exec(text);
  if (!match)
    return fail(statement, "invalid-format", `"${text}" is not format=t,l with t of 1, 2, 4 and l of 0, 1, 2`);
  return {
    typeOctets: Number(match[1]) as VendorFormat["typeOctets"],
    lengthOctets: Number(match[2]) as VendorFormat["lengthOctets"],
    hasContinuation: match[3] !== undefined,
  };
}

function addVendor(tables: Tables, statement: Statement): void {
  const [name = "", numberText = "", format] = fieldsBetween(statement, 2, 3);
  const vendor = {
    name,
    number: Number(number(statement, numberText, 0xffffffn)),
    format: vendorFormat(statement, format),
  };
  const known = tables.vendors.get(name.toLowerCase());
  if (known && known.number !== vendor.number)
    fail(statement, "duplicate-vendor", `vendor ${name} is ${known.number} already`);
  tables.vendors.set(name.toLowerCase(), vendor);
  tables.vendors.set(vendor.number, vendor);
}

const isFlag = {
  hasTag: (flag: string) => flag === "has_tag",
  isConcat: (flag: string) => flag === "concat",
  encrypt: (flag: string) => /^encrypt=[123]$/.test(flag),
  /** Known, and without meaning for us. */
  isIgnored: (flag: string) => ["array", "virtual", "secret", "internal", "abinary"].includes(flag),
};

function flagsOf(
  statement: Statement,
  text: string | undefined,
): Pick<AttributeDefinition, "hasTag" | "encrypt" | "isConcat"> {
  const flags = text === undefined ? [] : text.split(",");
  const unknown = flags.find((flag) => !Object.values(isFlag).some((matches) => matches(flag)));
  if (unknown !== undefined) fail(statement, "unknown-flag", `there is no flag "${unknown}"`);
  const encrypt = flags.find(isFlag.encrypt);
  return {
    hasTag: flags.some(isFlag.hasTag),
    isConcat: flags.some(isFlag.isConcat),
    encrypt: encrypt === undefined ? 0 : (Number(encrypt.at(-1)) as 1 | 2 | 3),
  };
}

/** What a tag or hiding can go with, so that what is read can be written again (RFC 2868 section 3, RFC 2865 section 5.2). */
function checkFlags(statement: Statement, { type, hasTag, encrypt }: AttributeDefinition): void {
  const isText = type === "string" || type === "octets";
  if (hasTag && !isText && type !== "integer")
    fail(statement, "conflicting-flags", `has_tag goes with string, octets and integer, not with ${type}`);
  if (hasTag && encrypt !== 0 && !(isText && encrypt === 2))
    fail(statement, "conflicting-flags", "of what is hidden, only string and octets with encrypt=2 take has_tag");
  if (encrypt !== 0 && !isText && (encrypt !== 2 || containers.includes(type)))
    fail(statement, "conflicting-flags", `encrypt=${encrypt} does not go with ${type}`);
}

const MOST_OCTETS = 253n;

/** The type, and of octets[n] the length. */
function typeOf(statement: Statement, text: string): Pick<AttributeDefinition, "type" | "length"> {
  const [, octets, length] = /^(octets)\[(.*)\]$/i.exec(text) ?? [];
  const name = (octets ?? text).toLowerCase();
  const type = valueTypes.find((one) => one === name) ?? aliases[name];
  if (type === undefined) return fail(statement, "unknown-type", `there is no type "${text}"`);
  return length === undefined ? { type } : { type, length: Number(number(statement, length, MOST_OCTETS)) };
}

const containers: readonly ValueType[] = ["tlv", "extended", "long-extended", "evs", "vsa"];

function oidOf(tables: Tables, statement: Statement, text: string): string {
  const block = tables.blocks.at(-1);
  const most = block?.kind === "vendor" ? 2 ** (8 * (block.vendor?.format.typeOctets ?? 1)) - 1 : 255;
  const numbers = text
    .split(".")
    .map((part, index) => Number(number(statement, part, BigInt(index === 0 ? most : 255))));
  const oid = [...(block ? [block.prefix] : []), ...numbers].join(".");
  const parent = oid.slice(0, Math.max(0, oid.lastIndexOf(".")));
  const isTop = numbers.length === 1 && (block === undefined || block.kind === "vendor");
  const holds = tables.byOid.get(parent);
  if (!isTop && !(holds && containers.includes(holds.type))) {
    fail(statement, "unknown-parent", `${oid} stands below ${parent}, which is no tlv, extended or vsa attribute`);
  }
  return oid;
}

/** FreeRADIUS numbers what is known inside its server only from 256 on, where no packet has room. */
const isInternal = ({ blocks }: Tables, numberText: string): boolean =>
  blocks.length === 0 && /^\d{3,9}$/.test(numberText) && Number(numberText) > 255;

function addAttribute(tables: Tables, statement: Statement): void {
  const [name = "", numberText = "", type = "", flags] = fieldsBetween(statement, 3, 4);
  if (isInternal(tables, numberText)) {
    tables.internal.add(name.toLowerCase());
    return;
  }
  const oid = oidOf(tables, statement, numberText);
  const vendor = tables.blocks.findLast((block) => block.vendor)?.vendor;
  const definition: AttributeDefinition = Object.freeze({
    name,
    oid,
    number: Number(oid.slice(oid.lastIndexOf(".") + 1)),
    ...typeOf(statement, type),
    ...flagsOf(statement, flags),
    ...(vendor ? { vendor } : {}),
  });
  checkFlags(statement, definition);
  const known = tables.byName.get(name.toLowerCase());
  if (known) fail(statement, "duplicate-attribute", `${name} is ${known.oid} already`);
  tables.byName.set(name.toLowerCase(), definition);
  // Vendors reuse numbers: the name given last is the one shown, all of them can be written.
  tables.byOid.set(oid, definition);
}

function addValue(tables: Tables, statement: Statement): void {
  const [attribute = "", name = "", numberText = ""] = fieldsBetween(statement, 3, 3);
  const key = attribute.toLowerCase();
  if (tables.internal.has(key) && !tables.byName.has(key)) return;
  if (!tables.byName.has(key)) fail(statement, "unknown-attribute", `there is no attribute ${attribute}`);
  const value = number(statement, numberText, 0xffff_ffff_ffff_ffffn);
  const numbers = tables.numbers.get(key) ?? new Map<string, bigint>();
  const names = tables.names.get(key) ?? new Map<bigint, string>();
  const known = numbers.get(name.toLowerCase());
  if (known !== undefined && known !== value)
    fail(statement, "duplicate-value", `${attribute} ${name} is ${known} already`);
  numbers.set(name.toLowerCase(), value);
  // Of several names for a number the last one given is shown, as FreeRADIUS does.
  names.set(value, name);
  tables.numbers.set(key, numbers);
  tables.names.set(key, names);
}

function vendorPrefix(tables: Tables, statement: Statement, vendor: Vendor, option: string | undefined): string {
  if (option === undefined) return `26.${vendor.number}`;
  const parent = tables.byName.get(option.replace(/^(format|parent)=/i, "").toLowerCase());
  if (parent?.type !== "evs") return fail(statement, "unknown-parent", `"${option}" names no evs attribute`);
  return `${parent.oid}.${vendor.number}`;
}

function beginVendor(tables: Tables, statement: Statement): void {
  const [name = "", option] = fieldsBetween(statement, 1, 2);
  const vendor = tables.vendors.get(name.toLowerCase());
  if (!vendor) fail(statement, "unknown-vendor", `there is no vendor ${name}`);
  tables.blocks.push({
    kind: "vendor",
    name,
    vendor,
    statement,
    prefix: vendorPrefix(tables, statement, vendor, option),
  });
}

function beginTlv(tables: Tables, statement: Statement): void {
  const [name = ""] = fieldsBetween(statement, 1, 1);
  const parent = tables.byName.get(name.toLowerCase());
  if (parent?.type !== "tlv") fail(statement, "unknown-parent", `${name} is no tlv attribute`);
  tables.blocks.push({ kind: "tlv", name, statement, prefix: parent.oid });
}

function endBlock(tables: Tables, statement: Statement, kind: Block["kind"]): void {
  const [name = ""] = fieldsBetween(statement, 1, 1);
  const block = tables.blocks.pop();
  const isRight = block?.kind === kind && block.name.toLowerCase() === name.toLowerCase();
  if (!isRight) fail(statement, "unbalanced-block", `${statement.keyword} ${name} ends nothing that began last`);
}

const take: Readonly<Record<string, (tables: Tables, statement: Statement) => void>> = {
  VENDOR: addVendor,
  ATTRIBUTE: addAttribute,
  VALUE: addValue,
  "BEGIN-VENDOR": beginVendor,
  "END-VENDOR": (tables, statement) => endBlock(tables, statement, "vendor"),
  "BEGIN-TLV": beginTlv,
  "END-TLV": (tables, statement) => endBlock(tables, statement, "tlv"),
};

/** Compiles statements into look-up tables. Throws DictionaryError, which names file and line. */
export function compileDictionary(statements: readonly Statement[]): Dictionary {
  const tables: Tables = {
    byName: new Map(),
    byOid: new Map(),
    vendors: new Map(),
    numbers: new Map(),
    names: new Map(),
    blocks: [],
    internal: new Set(),
  };
  // A VALUE may stand before its ATTRIBUTE, as in FreeRADIUS' own files.
  const isValue = ({ keyword }: Statement) => keyword === "VALUE";
  for (const statement of [...statements.filter((one) => !isValue(one)), ...statements.filter(isValue)]) {
    const taker = Object.hasOwn(take, statement.keyword) ? take[statement.keyword] : undefined;
    if (!taker) return fail(statement, "unknown-statement", `there is no statement ${statement.keyword}`);
    taker(tables, statement);
  }
  const open = tables.blocks.at(-1);
  if (open) fail(open.statement, "unbalanced-block", `${open.statement.keyword} ${open.name} never ends`);
  const attributes = Object.freeze([...tables.byName.values()]);
  return Object.freeze({
    attribute: (name: string) => tables.byName.get(name.toLowerCase()),
    find: (oid: string) => tables.byOid.get(oid),
    vendor: (key: string | number) => tables.vendors.get(typeof key === "string" ? key.toLowerCase() : key),
    valueNumber: (attribute: string, name: string) =>
      tables.numbers.get(attribute.toLowerCase())?.get(name.toLowerCase()),
    valueName: (attribute: string, value: number | bigint) =>
      tables.names.get(attribute.toLowerCase())?.get(BigInt(value)),
    attributes: () => attributes,
  });
}
