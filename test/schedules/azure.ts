import { completeChat } from '../../local/emulators/azure/chat.ts';
import { createEmbeddings } from '../../local/emulators/azure/embeddings.ts';
import { AzureError, serverError, throttled } from '../../local/emulators/azure/errors.ts';
import { FaultPlan } from '../../local/emulators/azure/faults.ts';
import type { AzureFault } from './schedule.ts';

const VERSION = '2024-10-21';
const SUBJECTS = ['dog', 'dog', 'boat', 'boat', 'mountain', 'dog', 'boat', 'dog', 'dog', 'boat'];

const NO_FAULTS = new FaultPlan(() => new Date());
function planOf(fault: AzureFault | undefined): FaultPlan {
  if (fault === undefined) return NO_FAULTS;
  const plan = new FaultPlan(() => new Date());
  plan.set({ [fault]: 1 });
  return plan;
}

/** What is in a picture. Asked again, a model finds other words. */
function seen(picture: number, asked: number) {
  const subject = SUBJECTS[(picture + (asked > 1 ? asked : 0)) % SUBJECTS.length] ?? 'dog';
  return {
    title: `A ${subject}`,
    description: `It shows a ${subject} of number ${picture}. The light is even.`,
    tags: [subject, `number${picture % 3}`],
    filename: `${subject}-${picture}`,
    colours: ['blue'],
    width: 64,
    height: 48,
  };
}

/** Azure OpenAI as the emulator has it, without a server; what it sees is decided by `pictureOf` an image. */
export function createWorldAzure(pictureOf: (imageId: string | undefined) => number) {
  let asked = new Map<string | undefined, number>();

  async function answer(path: string, body: Record<string, unknown>, imageId: string | undefined, plan: FaultPlan) {
    if (plan.takeThrottle() !== undefined) throw throttled('ChatCompletions_Create', VERSION, '20');
    if (plan.take('error')) throw serverError();
    if (path.endsWith('/embeddings')) return createEmbeddings(body);
    const see = async () => {
      asked.set(imageId, (asked.get(imageId) ?? 0) + 1);
      return seen(pictureOf(imageId), asked.get(imageId) ?? 1);
    };
    return completeChat(body, { apiVersion: VERSION, clock: () => new Date(), newId: () => 'id', faults: plan, see });
  }

  return {
    restart: () => {
      asked = new Map();
    },
    async ask(path: string, body: Record<string, unknown>, imageId: string | undefined, fault?: AzureFault) {
      const json = { 'content-type': 'application/json' };
      if (fault === 'garbage') return new Response('<html>', { status: 200, headers: json });
      try {
        return new Response(JSON.stringify(await answer(path, body, imageId, planOf(fault))), {
          status: 200,
          headers: json,
        });
      } catch (error) {
        if (!(error instanceof AzureError)) throw error;
        const { status, headers } = error;
        return new Response(JSON.stringify(error.body), { status, headers: { ...json, ...headers } });
      }
    },
  };
}
