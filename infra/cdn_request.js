import cf from 'cloudfront';

// Runs in CloudFront (runtime 2.0) for every request, before the cache. cdn.py replaces RULE by a rule of routes.json.
// infra/local/edge/ decides in the same way: tests compare them.
const RULE = {};

function handler(event) {
  const request = event.request;
  const refusal = refused(request);
  if (refusal) {
    return refusal;
  }
  if (RULE.trim_slash) {
    request.uri = trimmed(request.uri);
  }
  RULE.removed_headers.forEach(function (name) {
    delete request.headers[name];
  });
  if (RULE.removed_headers.indexOf('cookie') >= 0) {
    request.cookies = {}; // not among the headers
  }
  if (RULE.signed_methods.indexOf(request.method) >= 0) {
    cf.selectRequestOriginById(RULE.signed_origin); // S3 refuses two signatures, so CloudFront must not add its own
  } else if (RULE.origin === 's3') {
    request.querystring = {}; // could request more than the object from S3
  }
  return request;
}

function refused(request) {
  if (RULE.methods.indexOf(request.method) < 0) {
    const detail = request.uri + ' does not support ' + request.method + '.';
    return problem(request, 405, 'Method not allowed', detail, { allow: { value: RULE.methods.join(', ') } });
  }
  if (RULE.origin === 'api') {
    return null;
  }
  if (RULE.origin === null || leadsElsewhere(request.uri)) {
    return problem(request, 404, 'Not found', 'There is no file at ' + request.uri + '.');
  }
  return RULE.signed_methods.indexOf(request.method) < 0 ? null : refusedUpload(request);
}

function refusedUpload(request) {
  const signature = request.querystring['X-Amz-Signature'];
  if (!signature || !signature.value) {
    const detail = 'An upload requires the URL that /api/file/upload_url returns.';
    return problem(request, 403, 'Forbidden', detail);
  }
  if (!request.headers['content-length']) {
    return problem(request, 411, 'Length required', 'An upload requires a Content-Length.');
  }
  return null;
}

function leadsElsewhere(uri) {
  const segments = uri.replace(/%2f/gi, '/').replace(/%2e/gi, '.').split('/').slice(1);
  return segments.some(function (segment) {
    return segment === '' || segment === '.' || segment === '..';
  });
}

function trimmed(uri) {
  let end = uri.length;
  while (end > 1 && uri.charAt(end - 1) === '/') {
    end -= 1;
  }
  return uri.slice(0, end);
}

function problem(request, status, error, detail, more) {
  const headers = { 'content-type': { value: 'application/json' }, 'cache-control': { value: 'no-store' } };
  Object.keys(RULE.headers).forEach(function (name) {
    headers[name] = { value: RULE.headers[name] }; // whether or not the headers policy adds them to this response, too
  });
  const response = { statusCode: status, headers: Object.assign(headers, more) };
  if (request.method !== 'HEAD') {
    response.body = JSON.stringify({ error: error, detail: detail });
  }
  return response;
}
