import { expect, test } from 'vitest';
import { createClient } from '/work/main/local/demo/client.ts';
import { runDemo } from '/work/main/local/demo/run.ts';
import { findFiles } from '/work/main/local/demo/files.ts';
import { startTestStack } from '/work/main/test/e2e/support/stack.ts';
test('heic', async () => { const stack = await startTestStack({ noAi: true }); try { const c=createClient(stack.url); await c.signUp('h@example.org','correct horse','Ada'); const s=await runDemo(c, await findFiles('/work/shared/photos/heic'), ()=>{}); console.log(JSON.stringify(s.images.map((i:any)=>[i.file,i.status,i.error,i.degraded,i.thumbnail_url!==null]))); expect(s.images.every((i)=>i.status==='done')).toBe(true);} finally { await stack.remove(); } }, 300000);
