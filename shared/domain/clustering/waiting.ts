/** An image and its embedding, a unit vector. */
export interface Waiting {
  readonly image_id: string;
  readonly vector: Float32Array;
}
