import { join } from 'node:path';
import { createApp } from '../lib/app.ts';
import { InvalidSettings, readDeployment, withEnvFile } from '../shared/config.ts';

/** The CDK app as the command line and the local stack run it: writes the cloud assembly to `CDK_OUTDIR` (`cdk.out`). */
try {
  const settings = readDeployment(withEnvFile(join(import.meta.dirname, '..', '.env'), process.env));
  createApp(settings).app.synth();
} catch (error) {
  if (!(error instanceof InvalidSettings)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
