import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from './intrinsics.ts';
import type { ClientOptions } from './resources.ts';
import type { Template } from './template.ts';

/**
 * Writes down how another process of this user reaches a running stack (mode 600: it holds the emulators' key): `connection.json` in its data
 * folder, in the shape in which CloudFormation tells of a deployed one. One that was killed leaves it behind; nobody answers there then.
 * @returns a function that removes it
 */
export function writeConnection(
  dataDir: string,
  template: Template,
  scope: Scope,
  reach: ClientOptions & { outputs: Readonly<Record<string, string>> },
): () => void {
  const file = join(dataDir, 'connection.json');
  const resources = [...template.resources].map(([LogicalResourceId, { Type }]) => ({
    LogicalResourceId,
    ResourceType: Type,
    PhysicalResourceId: scope.ref(LogicalResourceId),
  }));
  const { region, credentials, endpoints, outputs } = reach;
  // An existing file would keep its mode.
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify({ region, credentials, endpoints, outputs, resources }), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
