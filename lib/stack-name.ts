import type { Deployment } from '../shared/config.ts';

/** What the stack is called in CloudFormation. Apart from the app, so that whoever only looks for it need not load the CDK. */
export const stackName = ({ STAGE }: Pick<Deployment, 'STAGE'>) => `shoebox-${STAGE}`;
