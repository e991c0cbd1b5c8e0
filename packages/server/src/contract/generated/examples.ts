// Recorded from a running gateway by tools/record-examples.ts. Do not edit.
import type { ErrorBody } from '../common.ts'
import type { ErrorCode } from '../errors.ts'
import type { OperationId } from '../operations.ts'

/** One real exchange, with ids, instants, signatures and the server's address made stable. */
export interface RecordedExchange<Body = unknown> {
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown }
  response: { status: number; headers: Record<string, string>; body: Body }
}

/** The address that stands for the server's own in the recorded texts. */
export const recordedUrl = 'http://127.0.0.1:4700'

/** One error answer for each code. */
export const examples: Readonly<Record<ErrorCode, RecordedExchange<ErrorBody>>> = {
  "invalid_api_key": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn"
      }
    },
    "response": {
      "status": 401,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Should-Retry": "false"
      },
      "body": {
        "error": {
          "message": "The API key is missing. Send it as \"Authorization: Bearer YOUR_KEY\".",
          "type": "invalid_request_error",
          "param": null,
          "code": "invalid_api_key",
          "doc_url": "http://127.0.0.1:4700/docs/errors/invalid_api_key"
        }
      }
    }
  },
  "parameter_missing": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image"
      }
    },
    "response": {
      "status": 400,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Should-Retry": "false"
      },
      "body": {
        "error": {
          "message": "The parameter \"prompt\" is required.",
          "type": "invalid_request_error",
          "param": "prompt",
          "code": "parameter_missing",
          "doc_url": "http://127.0.0.1:4700/docs/errors/parameter_missing"
        }
      }
    }
  },
  "invalid_parameter": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn",
        "aspect_ratio": "5:1"
      }
    },
    "response": {
      "status": 400,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Should-Retry": "false"
      },
      "body": {
        "error": {
          "message": "The model sandbox-image does not support aspect_ratio \"5:1\".",
          "type": "invalid_request_error",
          "param": "aspect_ratio",
          "code": "invalid_parameter",
          "doc_url": "http://127.0.0.1:4700/docs/errors/invalid_parameter"
        }
      }
    }
  },
  "quota_exceeded": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn"
      }
    },
    "response": {
      "status": 402,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Should-Retry": "false"
      },
      "body": {
        "error": {
          "message": "The balance does not cover this generation.",
          "type": "invalid_request_error",
          "param": null,
          "code": "quota_exceeded",
          "doc_url": "http://127.0.0.1:4700/docs/errors/quota_exceeded"
        }
      }
    }
  },
  "content_policy_violation": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn [[content_policy_violation]]"
      }
    },
    "response": {
      "status": 422,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "false",
        "X-Should-Retry": "false"
      },
      "body": {
        "error": {
          "message": "The prompt failed a safety check. Revise it and send it again.",
          "type": "invalid_request_error",
          "param": "prompt",
          "code": "content_policy_violation",
          "doc_url": "http://127.0.0.1:4700/docs/errors/content_policy_violation"
        }
      }
    }
  },
  "rate_limit": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn"
      }
    },
    "response": {
      "status": 429,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Should-Retry": "true",
        "Retry-After": "12",
        "Retry-After-Ms": "11640",
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1795370460"
      },
      "body": {
        "error": {
          "message": "This workspace may send 60 image requests per minute. Retry after 12 seconds.",
          "type": "invalid_request_error",
          "param": null,
          "code": "rate_limit",
          "doc_url": "http://127.0.0.1:4700/docs/errors/rate_limit"
        }
      }
    }
  },
  "not_found": {
    "request": {
      "method": "GET",
      "path": "/v2/videos/generations/gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 404,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Should-Retry": "false"
      },
      "body": {
        "error": {
          "message": "There is no generation of this id for this key.",
          "type": "invalid_request_error",
          "param": "id",
          "code": "not_found",
          "doc_url": "http://127.0.0.1:4700/docs/errors/not_found"
        }
      }
    }
  },
  "server_error": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn [[server_error]]"
      }
    },
    "response": {
      "status": 500,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "false",
        "X-Should-Retry": "true"
      },
      "body": {
        "error": {
          "message": "The generation failed on our side. Retry with the same Idempotency-Key; if it persists, report req_0198c6a2f4b07c3e9a51d2e6b8f05678 and gen_0198c6a2f4b07c3e9a51d2e6b8f01234.",
          "type": "invalid_request_error",
          "param": null,
          "code": "server_error",
          "doc_url": "http://127.0.0.1:4700/docs/errors/server_error"
        }
      }
    }
  }
}

/** One successful answer for each operation that has a JSON answer worth showing. */
export const answers: Readonly<Partial<Record<OperationId, RecordedExchange>>> = {
  "createImage": {
    "request": {
      "method": "POST",
      "path": "/v2/images/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-image",
        "prompt": "A fox in the snow at dawn",
        "aspect_ratio": "16:9"
      }
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "true"
      },
      "body": {
        "id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "status": "completed",
        "model": "sandbox-image",
        "data": [
          {
            "url": "http://127.0.0.1:4700/v2/downloads/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/0?exp=1795370460&sig=6f1c8e",
            "width": 1344,
            "height": 768,
            "mime_type": "image/jpeg",
            "deletes_at": "2026-12-22T18:00:00.000Z"
          }
        ],
        "usage": {
          "total_cost": 0.02,
          "billable_unit": "image",
          "unit_price": 0.02,
          "quantity": 1
        }
      }
    }
  },
  "createVideo": {
    "request": {
      "method": "POST",
      "path": "/v2/videos/generations",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Content-Type": "application/json"
      },
      "body": {
        "model": "sandbox-video",
        "prompt": "A fox in the snow at dawn",
        "duration": 5,
        "sound": true
      }
    },
    "response": {
      "status": 202,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "true"
      },
      "body": {
        "id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "status": "pending"
      }
    }
  },
  "getVideo": {
    "request": {
      "method": "GET",
      "path": "/v2/videos/generations/gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "true"
      },
      "body": {
        "id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "status": "completed",
        "model": "sandbox-video",
        "data": [
          {
            "url": "http://127.0.0.1:4700/v2/downloads/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/0?exp=1795370460&sig=6f1c8e",
            "width": 1280,
            "height": 720,
            "duration": 5,
            "fps": 24,
            "has_sound": true,
            "mime_type": "video/mp4",
            "deletes_at": "2026-12-22T18:00:00.000Z"
          }
        ],
        "usage": {
          "total_cost": 0.25,
          "billable_unit": "video_second",
          "unit_price": 0.05,
          "quantity": 5
        }
      }
    }
  },
  "getBalance": {
    "request": {
      "method": "GET",
      "path": "/v2/billing/balance",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 200,
      "headers": {},
      "body": {
        "balance": "12.34",
        "currency": "USD"
      }
    }
  }
}
