// An OpenID provider with one client. Arguments: the folder of its packages, its port, where it sends people back to.
// Whoever logs in as NAME has the address NAME@example.com; "unproved" is not known to have theirs.
import { pathToFileURL } from "node:url";

const [packages, port, callback] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${packages}/node_modules/oidc-provider/lib/index.js`));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "socialclaw",
      client_secret: "a-secret-of-the-tests-and-of-nobody-else",
      token_endpoint_auth_method: "client_secret_post",
      redirect_uris: [callback],
    },
  ],
  pkce: { required: () => true },
  scopes: ["openid", "email", "profile"],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false, // as Google does: the address stands in the token itself
  features: { devInteractions: { enabled: true } },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      email: `${id}@example.com`,
      email_verified: id !== "unproved",
      name: `${id[0].toUpperCase()}${id.slice(1)} Example`,
    }),
  }),
});
provider.listen(Number(port), "127.0.0.1");
