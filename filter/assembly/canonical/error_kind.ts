/** What went wrong, in terms that every API has an error type for. The numbers are part of the facade. */
export enum ErrorKind {
  InvalidRequest = 0,
  Authentication = 1,
  Permission = 2,
  NotFound = 3,
  RequestTooLarge = 4,
  RateLimit = 5,
  Overloaded = 6,
  Timeout = 7,
  Server = 8,
  Billing = 9,
}

/** The kind that an HTTP status stands for when nothing else tells. */
export function errorKindOfStatus(status: u16): ErrorKind {
  switch (status) {
    case 401:
      return ErrorKind.Authentication;
    case 402:
      return ErrorKind.Billing;
    case 403:
      return ErrorKind.Permission;
    case 404:
      return ErrorKind.NotFound;
    case 408:
    case 504:
      return ErrorKind.Timeout;
    case 413:
      return ErrorKind.RequestTooLarge;
    case 429:
      return ErrorKind.RateLimit;
    case 503:
    case 529:
      return ErrorKind.Overloaded;
    case 424: // a gateway's word for a failure of the model behind it
      return ErrorKind.Server;
    default:
      return status >= 400 && status < 500 ? ErrorKind.InvalidRequest : ErrorKind.Server;
  }
}

/** The HTTP status that a kind is answered with when nothing else tells. */
export function statusOfErrorKind(kind: ErrorKind): u16 {
  switch (kind) {
    case ErrorKind.InvalidRequest:
      return 400;
    case ErrorKind.Authentication:
      return 401;
    case ErrorKind.Billing:
      return 402;
    case ErrorKind.Permission:
      return 403;
    case ErrorKind.NotFound:
      return 404;
    case ErrorKind.RequestTooLarge:
      return 413;
    case ErrorKind.RateLimit:
      return 429;
    case ErrorKind.Overloaded:
      return 529;
    case ErrorKind.Timeout:
      return 504;
    default:
      return 500;
  }
}
