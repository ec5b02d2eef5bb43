import cf from 'cloudfront';

// What the front does with a request before its cache is asked: CloudFront's runtime 2.0 runs it for every one.
// front.py puts a rule of routes.json in the place of this one. infra/local/ decides alike: tests compare them.
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
    request.cookies = {}; // they are not among the headers
  }
  if (RULE.signed_methods.indexOf(request.method) >= 0) {
    cf.selectRequestOriginById(RULE.signed_origin); // S3 refuses two signatures, so CloudFront must not add its own
  } else if (RULE.origin === 's3') {
    request.querystring = {}; // it could ask S3 for more than the object
  }
  return request;
}

function refused(request) {
  if (RULE.methods.indexOf(request.method) < 0) {
    const detail = request.method + ' is not for ' + request.uri + '.';
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
    const detail = 'An upload needs the address that /api/file/upload_url gives.';
    return problem(request, 403, 'Forbidden', detail);
  }
  if (!request.headers['content-length']) {
    return problem(request, 411, 'Length required', 'An upload must tell its Content-Length.');
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
  const response = { statusCode: status, headers: Object.assign(headers, more) };
  if (request.method !== 'HEAD') {
    response.body = JSON.stringify({ error: error, detail: detail });
  }
  return response;
}
