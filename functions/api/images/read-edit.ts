import type { ImagePatch } from '../../../shared/contract/schemas.ts';
import { type Edit, plainEdit } from '../../../shared/domain/edits.ts';
import { InvalidRequest } from '../../../shared/lambda/http/problems.ts';

/** What a person says, as it is stored. `within` names the part of the request it is, `changes.` say. Throws where nothing of a text can be seen. */
export function readEdit(patch: ImagePatch, within = ''): Edit {
  const edit = plainEdit(patch);
  const invisible = (['display_name', 'title', 'description'] as const).filter((field) => edit[field] === '');
  if (invisible.length > 0) {
    throw new InvalidRequest(
      invisible.map((field) => ({
        path: `${within}${field}`,
        expected: 'text that can be seen',
        received: 'only characters that cannot',
      })),
    );
  }
  return edit;
}
