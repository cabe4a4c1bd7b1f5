import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MEMORY } from '../../bench/cost/bill.ts';
import { FUNCTIONS } from '../../lib/stack.ts';
import { functionName, type Resource, referenced, synthesize } from './template.ts';

const ROOT = join(import.meta.dirname, '../..');
const template = synthesize();
const functions = template.ofType('AWS::Lambda::Function');
const each = functions.map((fn): [string, Resource] => [functionName(fn), fn]);

test('there is one function per folder below functions/', () => {
  const folders = readdirSync(join(ROOT, 'functions'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(each.map(([name]) => name).sort()).toEqual(folders.map(({ name }) => name).sort());
  expect([...FUNCTIONS].sort()).toEqual(folders.map(({ name }) => name).sort());
});

describe.each(each)('function %s', (name, { Properties }) => {
  test('runs Node 24 on arm64 with a timeout and memory of its own', () => {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'handler.handler' });
    expect(Properties.Timeout).toBeGreaterThan(3);
    expect(Properties.Timeout).toBeLessThanOrEqual(900);
    expect(Properties.MemorySize).toBeGreaterThanOrEqual(512);
    // What docs/cost.md is computed with.
    if (name in MEMORY) expect(Properties.MemorySize).toBe(MEMORY[name]);
  });

  test('is traced and says in errors where in the sources they arose', () => {
    expect(Properties.TracingConfig).toEqual({ Mode: 'Active' });
    expect(Properties.Environment?.Variables?.NODE_OPTIONS).toBe('--enable-source-maps');
  });

  test('logs from LOG_LEVEL on: Lambda’s own level would win', () => {
    expect(Properties.LoggingConfig?.ApplicationLogLevel).toBe('INFO');
  });

  test('writes a log that is not kept for ever', () => {
    const group = template.byId(String(referenced(Properties.LoggingConfig?.LogGroup)));
    expect(group.Properties.RetentionInDays).toBe(30);
  });

  test('is given exactly the settings its code reads', () => {
    const ours = /^(NODE_OPTIONS|MALLOC_ARENA_MAX|POWERTOOLS_.*)$/;
    const given = Object.keys(Properties.Environment?.Variables ?? {}).filter((variable) => !ours.test(variable));
    expect(given.sort()).toEqual(settingsRead(name));
  });
});

test('ingest, which makes pixels on several threads, lets them share memory', () => {
  const [, ingest] = each.find(([name]) => name === 'ingest') ?? [];
  expect(ingest?.Properties.Environment?.Variables?.MALLOC_ARENA_MAX).toBe('2');
});

test('the layer of packages goes to the functions that read pixels, and to no other', () => {
  const withLayer = each.filter(([, { Properties }]) => Properties.Layers !== undefined).map(([name]) => name);
  expect(withLayer.sort()).toEqual(['describe', 'faces', 'ingest']);
  expect(template.ofType('AWS::Lambda::LayerVersion')[0]?.Properties.CompatibleArchitectures).toEqual(['arm64']);
});

test('every log group is forgotten after a while', () => {
  const groups = template.ofType('AWS::Logs::LogGroup');
  expect(groups).toHaveLength(functions.length + 2);
  for (const group of groups) expect(group.Properties.RetentionInDays, group.id).toBeGreaterThan(0);
});

test('sweep ends before it is run again', () => {
  const rule = template.ofType('AWS::Events::Rule');
  expect(rule).toHaveLength(1);
  expect(rule[0]?.Properties.ScheduleExpression).toBe('rate(5 minutes)');
  const target = template.byId(String(referenced(rule[0]?.Properties.Targets?.[0]?.Arn)));
  expect(functionName(target)).toBe('sweep');
  expect(target.Properties.Timeout).toBeLessThan(300);
});

/** Names in the list that a function's sources hand to `readFunctionSettings`. */
function settingsRead(name: string): string[] {
  const folder = join(ROOT, 'functions', name);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const text = sources.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const lists = text.matchAll(/(?:readFunctionSettings\(process\.env, |SETTINGS = )\[([^\]]*)\]/g);
  const names = [...lists].flatMap(([, list]) =>
    [...(list ?? '').matchAll(/'([A-Z0-9_]+)'/g)].map(([, found]) => found),
  );
  return [...new Set(names)].filter((found) => found !== undefined && found !== 'AWS_REGION').sort() as string[];
}
