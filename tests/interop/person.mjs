// A person, `ann`, who always agrees: logs in with the first context class that
// was asked for, and grants every scope, claim, resource and detail. The pages
// are forms that a browser need only send back.
export async function agree(provider, req, res) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);

  if (prompt.name === 'login') {
    const [acr] = (params.acr_values ?? '').split(' ');
    const login = { accountId: 'ann', ...(acr ? { acr } : {}) };
    await provider.interactionFinished(req, res, { login });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const {
    missingOIDCScope = [], missingOIDCClaims = [], missingResourceScopes = {}, rar = [],
  } = prompt.details;

  grant.addOIDCScope(missingOIDCScope.join(' '));
  grant.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  for (const detail of rar) {
    grant.addRar(detail);
  }
  await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
}

function page(ctx, title, form = '') {
  ctx.type = 'html';
  ctx.body = `<!DOCTYPE html><title>${title}</title><h1>${title}</h1>${form}`;
}

export const pages = {
  device: {
    userCodeInputSource: (ctx, form, out, err) => page(ctx, err ? 'Another code' : 'The code', err ? '' : form),
    userCodeConfirmSource: (ctx, form) => page(ctx, 'This device', form),
    successSource: (ctx) => page(ctx, 'The device is logged in'),
  },
  logout: {
    logoutSource: (ctx, form) => page(
      ctx,
      'Log out',
      form.replace('</form>', '<input type="hidden" name="logout" value="yes"/></form>'),
    ),
    postLogoutSuccessSource: (ctx) => page(ctx, 'Logged out'),
  },
};
