import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';

/** A user's key: as it is used, and as it is stored. */
export interface DataKey {
  /** 32 bytes. To be zeroed when it is used no more. */
  key: Uint8Array;
  /** Opens with the master key alone, and for this user alone. */
  wrapped: Uint8Array;
}

/** What KMS binds to a wrapped key, and what permissions and its log name it by. Keys of this object are in lib/grants.ts too. */
const contextOf = (userId: string) => ({ app: 'shoebox', user_id: userId });

/** Users' keys, made and unwrapped by a master key that never leaves KMS. `masterKey` is its ARN. Throws what KMS throws. */
export function createDataKeys(kms: KMSClient, masterKey: string) {
  return {
    async generate(userId: string): Promise<DataKey> {
      const { Plaintext, CiphertextBlob } = await kms.send(
        new GenerateDataKeyCommand({ KeyId: masterKey, KeySpec: 'AES_256', EncryptionContext: contextOf(userId) }),
      );
      if (!Plaintext || !CiphertextBlob) throw new Error('Expected a data key; KMS answered without');
      return { key: Plaintext, wrapped: CiphertextBlob };
    },

    async unwrap(userId: string, wrapped: Uint8Array): Promise<Uint8Array> {
      const { Plaintext } = await kms.send(
        new DecryptCommand({ KeyId: masterKey, CiphertextBlob: wrapped, EncryptionContext: contextOf(userId) }),
      );
      if (!Plaintext) throw new Error('Expected a data key; KMS answered without');
      return Plaintext;
    },
  };
}
export type DataKeys = ReturnType<typeof createDataKeys>;

export const createKmsClient = () => new KMSClient({});
