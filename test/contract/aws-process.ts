// Starts the AWS emulators over the folder in argv[2] on the port in argv[3] and prints how to reach them.
import { startAws } from '../../local/emulators/aws.ts';

const [, , dataDir = '', port = '0'] = process.argv;
const { endpoints, credentials } = await startAws({
  dataDir,
  port: Number(port),
  region: 'eu-central-1',
  accountId: '000000000000',
  timeScale: 1,
});
process.stdout.write(`${JSON.stringify({ endpoints, credentials })}\n`);
