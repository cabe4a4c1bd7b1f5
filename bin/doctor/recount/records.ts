import type { ImageRecord } from '../../../shared/domain/image.ts';
import { type Finding, finding, type Item } from './finding.ts';
import { dueInTrash, isUnderWay } from './photo.ts';

const TERMINAL = ['done', 'failed', 'rejected', 'duplicate', 'expired'];
const ENDED = ['done', 'skipped', 'refused', 'waiting', 'failed'];

type Record = ImageRecord & Item & { shard?: string; since?: string };

/** A record against itself. `live`: what is under way is not looked at. */
export function checkRecord(item: Item, live: boolean): Finding[] {
  const record = item as unknown as Record;
  const { user_id, image_id, status, stages } = record;
  const says: string[] = [];
  const anew: string[] = [];
  const moving = !TERMINAL.includes(status) || record.deleted_at !== undefined;
  if (live && moving) return [];
  if (record.deleted_at) says.push('is deleted, but not erased');
  if (!TERMINAL.includes(status)) says.push(`has not ended: ${status}`);
  if (record.trashed_at) anew.push(...(live && isUnderWay(record) ? [] : checkTrashed(record)));
  else if ((record.shard || record.since) && !live)
    says.push(`is ${status}, but still on the list of what is under way`);
  else if (record.purge_at) says.push('is to be purged, but not in the trash');
  if (record.taken_key !== (record.trashed_at || !record.taken_at ? undefined : `${record.taken_at}#${image_id}`))
    says.push('has another key on the timeline than its time');
  for (const [name, { state }] of Object.entries(stages)) {
    if (status === 'done' && !ENDED.includes(state)) says.push(`is done, but its stage ${name} is ${state}`);
  }
  const reason = record.error;
  const needsReason = ['failed', 'rejected', 'duplicate', 'expired'].includes(status);
  if (needsReason && !(reason?.code && reason.message)) says.push(`is ${status} without a reason`);
  if (status === 'done' && reason) says.push(`is done, but says ${reason.code}`);
  if (status === 'duplicate' && !record.duplicate_of) says.push('is a duplicate of nothing');
  return [
    ...says.map((words) =>
      finding(
        'records',
        `image ${user_id}/${image_id} ${words}; nothing knows better: correct its item IMAGE#${image_id} by hand`,
      ),
    ),
    ...(status === 'done' && stages.organize.state === 'failed' && !record.shard && !record.deleted_at
      ? [
          finding('records', `image ${user_id}/${image_id} has been given up before it had its place`, {
            settled: image_id,
          }),
        ]
      : []),
    ...anew.map((words) => finding('records', `image ${user_id}/${image_id} ${words}`, { photo: image_id })),
  ];
}

/** It waits for the day it is to be purged, and is in no cluster. */
function checkTrashed(record: Record): string[] {
  const { shard, since, cluster } = record;
  const due = dueInTrash(record);
  return [
    ...(shard && since === due ? [] : [`is in the trash, and due ${since}, expected ${due}`]),
    ...(cluster && (cluster.cluster_id || cluster.reason !== 'trashed' || cluster.leaving)
      ? [
          `is in the trash, but in cluster "${cluster.cluster_id ?? ''}" (${cluster.reason}${cluster.leaving ? ', leaving' : ''})`,
        ]
      : []),
  ];
}
