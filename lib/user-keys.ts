import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from './nag.ts';

/**
 * With `ENCRYPTION=user`: the key of each user, wrapped by a master key. Whoever loses one of the two loses every picture, so both stay
 * when the stack is deleted; and the table has a name of its own, so that no other, empty one can ever come in its place unnoticed.
 */
export class UserKeys extends Construct {
  readonly masterKey: Key;
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    this.masterKey = new Key(this, 'MasterKey', {
      description: `Wraps the keys of users of ${stackName}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.table = new Table(this, 'Table', {
      tableName: `${stackName}-user-keys`,
      partitionKey: { name: 'user_id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires',
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      this.table,
      'DDB3',
      'A key that was erased must not come back: its user asked for the pictures to be gone. docs/decisions/0027-encryption-per-user.md.',
    );
  }
}
