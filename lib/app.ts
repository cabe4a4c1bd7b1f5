import { App, type AppProps, Tags, Validations } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Deployment } from '../shared/config.ts';
import { HOST_CONTEXT } from './package-layer.ts';
import { ShoeboxStack } from './stack.ts';
import { stackName } from './stack-name.ts';

/**
 * The CDK app. Its feature flags are set here and not in `cdk.json`, so that it is the same app without the command line.
 * Synthesis fails on findings of the AWS Solutions pack that nobody acknowledged.
 */
export function createApp(settings: Deployment, props: AppProps = {}): { app: App; stack: ShoeboxStack } {
  const app = new App({
    analyticsReporting: false,
    // Seconds of checking what CloudFormation would accept: not for a template that no CloudFormation will see.
    builtinCloudFormationValidation: !isForLocalHost(),
    ...props,
    context: { ...flags, ...props.context },
  });
  const stack = new ShoeboxStack(app, stackName(settings), settings, { env: { region: settings.AWS_REGION } });
  Tags.of(app).add('app', 'shoebox');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}

/** The app asks about validation before it can be asked for its context, so this looks where the context comes from. */
function isForLocalHost(): boolean {
  return JSON.parse(process.env.CDK_CONTEXT_JSON || '{}')[HOST_CONTEXT] === 'local';
}
