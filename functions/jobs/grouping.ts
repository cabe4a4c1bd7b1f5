import type { GroupDefinition, Relabel } from '../../shared/domain/regroup-plan.ts';

/** Where a thing is, and how it came to be there. */
export interface Whereabouts {
  group_id: string | null;
  was: string;
}

/** The groups of one space, as plans of merges and moves read them. */
export interface Grouping {
  /** A group as it is called now; `null` where there is none. */
  definition(userId: string, groupId: string): Promise<GroupDefinition | null>;
  /** Ids of all things in a group. */
  members(userId: string, groupId: string): Promise<string[]>;
  /** Where things are; those that cannot be moved are left out. */
  whereabouts(userId: string, ids: readonly string[]): Promise<Map<string, Whereabouts>>;
  /** A new group that a person has named. */
  named(groupId: string, name: string): GroupDefinition;
  /** What merging changes about the words of the group that stays; `undefined`: nothing. */
  relabelled(into: GroupDefinition, from: readonly GroupDefinition[]): Relabel | undefined;
}
