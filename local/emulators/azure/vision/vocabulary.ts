/** The group an object belongs to; pictures are about their strongest group. */
export type Kind =
  | 'animal'
  | 'vehicle'
  | 'boat'
  | 'food'
  | 'person'
  | 'plant'
  | 'sport'
  | 'street'
  | 'furniture'
  | 'device'
  | 'thing';

export interface Noun {
  readonly name: string;
  readonly kind: Kind;
  /** Broader terms, nearest first. */
  readonly broader: readonly string[];
}

/** How a group is introduced in a sentence (unless its members say it themselves), and the tags it always adds. */
export const KINDS: Readonly<Record<Kind, { readonly intro: string; readonly tags: readonly string[] }>> = {
  animal: { intro: 'an animal', tags: ['animal'] },
  vehicle: { intro: 'a vehicle', tags: ['vehicle', 'transport'] },
  boat: { intro: '', tags: ['boat', 'watercraft', 'water'] },
  food: { intro: 'food or drink', tags: ['food', 'dining'] },
  person: { intro: '', tags: ['person', 'people'] },
  plant: { intro: 'a plant', tags: ['plant'] },
  sport: { intro: 'sports gear', tags: ['sport', 'leisure'] },
  street: { intro: 'something of the street', tags: ['street'] },
  furniture: { intro: 'furniture', tags: ['furniture', 'interior'] },
  device: { intro: 'a device', tags: ['device', 'interior'] },
  thing: { intro: 'an everyday thing', tags: ['object'] },
};

const TABLE: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  animal: {
    bird: ['wildlife', 'feather'],
    cat: ['pet', 'mammal'],
    dog: ['pet', 'mammal'],
    horse: ['farm', 'mammal'],
    sheep: ['farm', 'mammal'],
    cow: ['farm', 'mammal'],
    elephant: ['wildlife', 'mammal'],
    bear: ['wildlife', 'mammal'],
    zebra: ['wildlife', 'mammal'],
    giraffe: ['wildlife', 'mammal'],
  },
  vehicle: {
    bicycle: ['bike'],
    car: ['road'],
    motorcycle: ['road'],
    airplane: ['aircraft'],
    bus: ['road'],
    train: ['railway'],
    truck: ['road'],
  },
  boat: { boat: [] },
  food: {
    banana: ['fruit'],
    apple: ['fruit'],
    orange: ['fruit', 'citrus'],
    sandwich: ['snack'],
    broccoli: ['vegetable'],
    carrot: ['vegetable'],
    'hot dog': ['snack'],
    pizza: ['meal'],
    donut: ['sweet', 'pastry'],
    cake: ['sweet', 'pastry'],
    bottle: ['drink'],
    'wine glass': ['drink', 'tableware'],
    cup: ['drink', 'tableware'],
    fork: ['tableware'],
    knife: ['tableware'],
    spoon: ['tableware'],
    bowl: ['tableware'],
    'dining table': ['tableware'],
  },
  person: { person: [] },
  plant: { 'potted plant': ['flower'], vase: ['flower'] },
  sport: {
    frisbee: [],
    skis: ['winter'],
    snowboard: ['winter'],
    'sports ball': ['ball'],
    kite: [],
    'baseball bat': ['baseball'],
    'baseball glove': ['baseball'],
    skateboard: [],
    surfboard: ['surfing'],
    'tennis racket': ['tennis'],
  },
  street: { 'traffic light': [], 'fire hydrant': [], 'stop sign': ['sign'], 'parking meter': [], bench: ['seat'] },
  furniture: {
    chair: ['seat'],
    couch: ['seat'],
    bed: [],
    toilet: ['bathroom'],
    sink: ['bathroom'],
    oven: ['kitchen'],
    refrigerator: ['kitchen'],
    microwave: ['kitchen'],
    toaster: ['kitchen'],
  },
  device: {
    tv: ['screen'],
    laptop: ['computer'],
    mouse: ['computer'],
    remote: [],
    keyboard: ['computer'],
    'cell phone': ['phone'],
    'hair drier': [],
  },
  thing: {
    book: ['reading'],
    clock: ['time'],
    scissors: ['tool'],
    'teddy bear': ['toy'],
    toothbrush: [],
    backpack: ['bag'],
    umbrella: [],
    handbag: ['bag'],
    tie: ['clothing'],
    suitcase: ['bag'],
  },
};

/** All 80 classes the detector knows, by its label. */
export const NOUNS: ReadonlyMap<string, Noun> = new Map(
  (Object.keys(TABLE) as Kind[]).flatMap((kind) =>
    Object.entries(TABLE[kind]).map(([name, broader]) => [name, { name, kind, broader }] as const),
  ),
);

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

/** `a dog`, `two dogs`, `many dogs`. */
export function counted(name: string, count: number): string {
  if (count === 1) return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
  return `${NUMBERS[count] ?? 'many'} ${plural(name)}`;
}

function plural(name: string): string {
  if (name === 'person') return 'people';
  if (name === 'sheep' || /(skis|scissors)$/.test(name)) return name;
  if (name.endsWith('knife')) return name.replace(/fe$/, 'ves');
  if (name.endsWith('mouse')) return name.replace(/ouse$/, 'ice');
  if (/(s|x|ch|sh)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
