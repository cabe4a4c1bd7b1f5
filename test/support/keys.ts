import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { createDataKeys } from '../../shared/adapters/encryption/data-keys.ts';
import { createKeyItems } from '../../shared/adapters/encryption/key-items.ts';
import { type World, waitForTable } from './world.ts';

export const KEYS_TABLE = 'shoebox-user-keys';

/** What a stack has with `ENCRYPTION=user`: a master key, a table of users' keys, and the settings functions find them by. */
export async function addKeys(world: World) {
  await world.table.send(
    new CreateTableCommand({
      TableName: KEYS_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'user_id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'user_id', KeyType: 'HASH' }],
    }),
  );
  await waitForTable(world.table, KEYS_TABLE);
  const kms = new KMSClient({
    region: world.environment.AWS_REGION,
    endpoint: world.aws.endpoints.kms,
    credentials: world.aws.credentials,
  });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const masterKey = KeyMetadata?.Arn ?? '';
  return {
    kms,
    masterKey,
    items: createKeyItems(world.table, KEYS_TABLE),
    dataKeys: createDataKeys(kms, masterKey),
    environment: { ENCRYPTION: 'user', USER_KEYS_TABLE_NAME: KEYS_TABLE, USER_KEYS_MASTER_KEY_ARN: masterKey },
    settings: {
      ENCRYPTION: 'user',
      USER_KEYS_TABLE_NAME: KEYS_TABLE,
      USER_KEYS_MASTER_KEY_ARN: masterKey,
    } as const,
  };
}
export type Keys = Awaited<ReturnType<typeof addKeys>>;
