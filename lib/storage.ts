import { Aws, Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from 'aws-cdk-lib/aws-s3';
import { CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import { acknowledge } from './nag.ts';
import { UserKeys } from './user-keys.ts';

/** What must outlive every function: photos, records, vectors. All of that stays when the stack is deleted; the secret, which can be made anew, does not. */
export class Storage extends Construct {
  readonly bucket: Bucket;
  /** The customer-managed key the bucket is encrypted under, if any: whoever reads or writes photos needs it too. */
  readonly bucketKey: IKey | undefined;
  readonly table: Table;
  readonly vectorBucketName: string;
  readonly vectorBucketArn: string;
  /** All indexes of users, with a wildcard. */
  readonly vectorIndexArns: string;
  readonly secret: Secret;
  /** Where pictures are encrypted with a key of each user's. */
  readonly userKeys: UserKeys | undefined;

  constructor(scope: Construct, id: string, settings: Deployment) {
    super(scope, id);
    this.bucketKey = settings.S3_SSE_KMS_KEY_ID
      ? Key.fromKeyArn(this, 'BucketKey', keyArn(settings.S3_SSE_KMS_KEY_ID))
      : undefined;
    this.bucket = this.createBucket(settings);
    this.table = this.createTable();

    const vectors = new CfnVectorBucket(this, 'Vectors');
    vectors.applyRemovalPolicy(RemovalPolicy.RETAIN);
    // CloudFormation answers only its ARN, which ends in `:bucket/<name>`.
    this.vectorBucketArn = vectors.attrVectorBucketArn;
    this.vectorBucketName = Fn.select(1, Fn.split('/', this.vectorBucketArn));
    this.vectorIndexArns = `${this.vectorBucketArn}/index/u-*`;

    this.secret = this.createSecret();
    this.userKeys = settings.ENCRYPTION === 'user' ? new UserKeys(this, 'UserKeys') : undefined;
  }

  private createBucket(settings: Deployment): Bucket {
    const kms = this.bucketKey ? BucketEncryption.KMS : BucketEncryption.KMS_MANAGED;
    const encrypted = settings.S3_SERVER_SIDE_ENCRYPTION === 'aws:kms';
    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      encryption: encrypted ? kms : BucketEncryption.S3_MANAGED,
      ...(this.bucketKey ? { encryptionKey: this.bucketKey } : {}),
      ...(encrypted ? { bucketKeyEnabled: true } : {}),
      removalPolicy: RemovalPolicy.RETAIN,
      // No versions, on purpose: docs/decisions/0007-bucket-without-versions.md.
      versioned: false,
      lifecycleRules: [
        { id: 'uploads-nobody-fetched', prefix: 'incoming/', expiration: Duration.days(30) },
        { id: 'plans-of-ended-jobs', prefix: 'jobs/', expiration: Duration.days(7) },
        // As long as shared/domain/download.ts says.
        { id: 'downloads', prefix: 'downloads/', expiration: Duration.days(7) },
        { id: 'broken-off-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      cors:
        settings.CORS_ORIGINS.length === 0
          ? []
          : [
              {
                allowedOrigins: settings.CORS_ORIGINS,
                allowedMethods: [HttpMethods.POST, HttpMethods.GET, HttpMethods.HEAD],
                allowedHeaders: ['*'],
                exposedHeaders: ['ETag', 'Content-Range', 'Accept-Ranges'],
                maxAge: 3600,
              },
            ],
    });
    acknowledge(
      bucket,
      'S1',
      'An access log would record who looked at which photo, when and from where; it is not kept. CloudTrail data events can be switched on where an audit needs them.',
    );
    return bucket;
  }

  private createTable(): Table {
    const string = (name: string) => ({ name, type: AttributeType.STRING });
    const table = new Table(this, 'Table', {
      partitionKey: string('user_id'),
      sortKey: string('sk'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expires',
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Keys only: a timeline page reads its records by key, and changing a record does not write it twice.
    table.addGlobalSecondaryIndex({
      indexName: 'by_taken',
      partitionKey: string('user_id'),
      sortKey: string('taken_key'),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    // Sparse: only what is under way has a shard. Every sign of life moves an entry: keys only, or each would cost the record twice more
    // (docs/decisions/0036-what-is-under-way-by-key.md).
    table.addGlobalSecondaryIndex({
      indexName: 'pending',
      partitionKey: string('shard'),
      sortKey: string('since'),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  }

  /** `npm run deploy` fills in the key of Azure; the key that signs image URLs is made here and seen by nobody. */
  private createSecret(): Secret {
    const secret = new Secret(this, 'Secret', {
      description: 'Keys of Shoebox: azure_openai_api_key, google_service_account, url_signing_key',
      generateSecretString: {
        // Never to be changed: CloudFormation would make the secret anew, with another key. `npm run deploy` adds what is missing.
        secretStringTemplate: JSON.stringify({ azure_openai_api_key: '' }),
        generateStringKey: 'url_signing_key',
        passwordLength: 64,
        excludePunctuation: true,
      },
    });
    acknowledge(
      secret,
      'SMG4',
      'Azure issues its key by hand. A new URL key would break every URL handed out within the hour, so a person decides when.',
    );
    return secret;
  }
}

/** A key may be given by its ARN or by its id alone. */
function keyArn(key: string): string {
  return key.startsWith('arn:') ? key : `arn:${Aws.PARTITION}:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/${key}`;
}
