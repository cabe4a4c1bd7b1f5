import type { Metadata } from '../../domain/image.ts';
import type { TagGroups } from './parse.ts';
import { exifText, iptcTexts, known, line, numberFrom, paragraph, type Tags, xmpText, xmpTexts } from './values.ts';

export type Words = Pick<Metadata, 'title' | 'caption' | 'keywords' | 'rating'>;

const MOST_KEYWORDS = 50;

/** What cameras and programs write where a caption belongs, and what says nothing: file names and numbers. */
const BOILERPLATE = [
  /\bdigital (still )?camera$/i,
  /^(dsc|dscn|dscf|img|imgp|dcp|dcim|mvc|pict|sdc|p)[-_ ]?\d*$/i,
  /^\d+$/,
  /^file written by /i,
  /^(sony dsc|exif[_ ]jpeg([_ ](picture|422))?|binary comment|untitled|default|cof|dav|hdr|hdrpl|rbt|mde|edf|oznor\w*|nor|sdr)$/i,
];

/** What a person wrote about the picture. */
export function wordsOf({ exif, iptc, xmp }: Pick<TagGroups, 'exif' | 'iptc' | 'xmp'>): Words {
  const tags = exif as Tags | undefined;
  const datasets = iptc as Tags | undefined;
  return known<Words>({
    title: line(xmpText(xmp, 'title')) ?? line(iptcTexts(datasets, 'Object Name')[0]),
    caption:
      captionFrom(tags) ??
      paragraph(xmpText(xmp, 'description')) ??
      paragraph(iptcTexts(datasets, 'Caption/Abstract')[0]),
    keywords: keywordsFrom([...xmpTexts(xmp, 'subject'), ...iptcTexts(datasets, 'Keywords')]),
    rating: ratingFrom(xmp),
  });
}

function captionFrom(exif: Tags | undefined): string | undefined {
  const caption = paragraph(exifText(exif, 'ImageDescription'));
  if (caption === undefined || BOILERPLATE.some((noise) => noise.test(caption))) return undefined;
  const names = ['Make', 'Model'].map((name) => paragraph(exifText(exif, name)));
  return names.includes(caption) ? undefined : caption;
}

/** Without repetition, whatever the case. */
function keywordsFrom(texts: readonly string[]): string[] | undefined {
  const keywords = new Map<string, string>();
  for (const keyword of texts.map(line)) {
    if (keyword === undefined || keywords.has(keyword.toLowerCase())) continue;
    keywords.set(keyword.toLowerCase(), keyword);
    if (keywords.size === MOST_KEYWORDS) break;
  }
  return keywords.size > 0 ? [...keywords.values()] : undefined;
}

function ratingFrom(xmp: Tags | undefined): number | undefined {
  const stars = numberFrom(xmpText(xmp, 'Rating'));
  return stars !== undefined && stars >= -1 && stars <= 5 ? Math.round(stars) + 0 : undefined;
}
