/** The access token of an `Authorization` header that the authorizer has let pass. */
export const bearerOf = ({ authorization = '' }: Readonly<Record<string, string | undefined>>): string =>
  authorization.replace(/^Bearer +/i, '').trim();
