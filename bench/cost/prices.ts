/** One public list price in US dollars, without free tiers and volume discounts. */
export interface Price {
  what: string;
  usd: number;
  per: string;
  source: string;
}

/** When the prices were written down (docs/cost.md says from where). They are those of us-east-1; eu-central-1 is 0 to 25 % dearer, by service. */
export const PRICES_OF = '2026-11-21';

const million = (usd: number, what: string, source: string): Price => ({ what, usd, per: 'million', source });

export const PRICES = {
  lambdaRequest: million(0.2, 'Lambda: invocations', 'https://aws.amazon.com/lambda/pricing/'),
  lambdaGbSecond: {
    what: 'Lambda: arm64 duration',
    usd: 0.0000133334,
    per: 'GB-second',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  gatewayRequest: million(3.5, 'API Gateway: REST requests', 'https://aws.amazon.com/api-gateway/pricing/'),
  tableRead: million(0.125, 'DynamoDB on demand: read units', 'https://aws.amazon.com/dynamodb/pricing/on-demand/'),
  tableWrite: million(0.625, 'DynamoDB on demand: write units', 'https://aws.amazon.com/dynamodb/pricing/on-demand/'),
  tableStorage: {
    what: 'DynamoDB: storage',
    usd: 0.25,
    per: 'GB-month',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  tableBackup: {
    what: 'DynamoDB: point-in-time recovery',
    usd: 0.2,
    per: 'GB-month',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  objectStorage: {
    what: 'S3 Standard: storage',
    usd: 0.023,
    per: 'GB-month',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  objectPut: million(5, 'S3: PUT, POST, LIST', 'https://aws.amazon.com/s3/pricing/'),
  objectGet: million(0.4, 'S3: GET, HEAD', 'https://aws.amazon.com/s3/pricing/'),
  vectorPut: {
    what: 'S3 Vectors: PUT, 128 KB at the least',
    usd: 0.2,
    per: 'GB',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  vectorQuery: million(2.5, 'S3 Vectors: queries', 'https://aws.amazon.com/s3/pricing/'),
  vectorStorage: {
    what: 'S3 Vectors: storage',
    usd: 0.06,
    per: 'GB-month',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  queueRequest: million(0.4, 'SQS standard: requests', 'https://aws.amazon.com/sqs/pricing/'),
  fifoRequest: million(0.5, 'SQS FIFO: requests', 'https://aws.amazon.com/sqs/pricing/'),
  logs: {
    what: 'CloudWatch: log ingestion',
    usd: 0.5,
    per: 'GB',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  alarm: {
    what: 'CloudWatch: metrics watched by alarms',
    usd: 0.1,
    per: 'month',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  trace: million(5, 'X-Ray: traces recorded', 'https://aws.amazon.com/xray/pricing/'),
  transfer: {
    what: 'Data transfer to the internet',
    usd: 0.09,
    per: 'GB',
    source: 'https://aws.amazon.com/ec2/pricing/on-demand/',
  },
  secret: {
    what: 'Secrets Manager: a secret',
    usd: 0.4,
    per: 'month',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
  },
} satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;

/** Units by what they are billed as; amounts are plain counts, GB-seconds, GB-months or GB. */
export type Amounts = Partial<Record<PriceName, number>>;

/** Dollars for one price's amount. */
export const dollars = (name: PriceName, amount: number): number =>
  (amount * PRICES[name].usd) / (PRICES[name].per === 'million' ? 1e6 : 1);

/** Adds amounts up, each times `by`. */
export function addAmounts(...parts: readonly [Amounts, by: number][]): Amounts {
  const sum: Amounts = {};
  for (const [amounts, by] of parts) {
    for (const [name, amount] of Object.entries(amounts) as [PriceName, number][]) {
      sum[name] = (sum[name] ?? 0) + amount * by;
    }
  }
  return sum;
}

export const total = (amounts: Amounts): number =>
  (Object.entries(amounts) as [PriceName, number][]).reduce((sum, [name, amount]) => sum + dollars(name, amount), 0);
