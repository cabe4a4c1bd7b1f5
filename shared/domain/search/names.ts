import type { ImageRecord, Metadata, Place } from '../image.ts';
import { indexForm, tagForm } from './words.ts';

/** What a photo is filtered by, in the form it is listed under. Writing an index and testing a record both ask here. */

const MOST_TAGS = 30;

const distinct = (values: readonly string[]) => [...new Set(values.filter((value) => value !== ''))];

/** Tags, and the keywords of the file, in index form. */
export function tagsOf(record: Pick<ImageRecord, 'tags' | 'metadata'>): string[] {
  return distinct([...(record.tags ?? []), ...(record.metadata?.keywords ?? [])].map(tagForm)).slice(0, MOST_TAGS);
}

/** City, region, country and country code, each alone. */
export function placesOf({ place }: { place?: Place }): string[] {
  if (!place) return [];
  return distinct([place.city, place.region, place.country, place.country_code].map((name) => indexForm(name ?? '')));
}

/** As `Canon` + `Canon EOS 40D`, `NIKON CORPORATION` + `NIKON D70`: brand, and the model under it once. */
export function cameraOf(metadata: Metadata | undefined): { brand?: string; model?: string } {
  const make = metadata?.camera_make?.trim();
  const model = metadata?.camera_model?.trim();
  const brand = make?.split(/\s+/)[0];
  if (!model) return brand ? { brand } : {};
  if (!brand) return { model };
  return { brand, model: indexForm(model).startsWith(indexForm(brand)) ? model : `${brand} ${model}` };
}

/** Names a camera is found by: maker, brand, model with and without it, and maker and model as they stand. */
export function camerasOf({ metadata }: { metadata?: Metadata }): string[] {
  const { brand = '', model = '' } = cameraOf(metadata);
  const { camera_make: make = '', camera_model: plain = '' } = metadata ?? {};
  const whole = indexForm(model);
  const start = indexForm(brand);
  const bare = start !== '' && whole.startsWith(`${start} `) ? whole.slice(start.length + 1) : '';
  return distinct([indexForm(make), start, indexForm(plain), whole, bare, indexForm(`${make} ${plain}`)]);
}
