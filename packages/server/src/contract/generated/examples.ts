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
          "message": "No API key was provided. Send it as `Authorization: Bearer sk_…`.",
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
          "message": "The parameter `prompt` is required.",
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
          "message": "sandbox-image does not support aspect_ratio `5:1`. Supported: 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3, 21:9.",
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
        "X-Should-Retry": "false",
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "60",
        "X-RateLimit-Reset": "1795370460"
      },
      "body": {
        "error": {
          "message": "This generation costs $0.01, and $0.00 of the balance can be spent. Add credit, or ask for something cheaper.",
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
        "X-Should-Retry": "false",
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "58",
        "X-RateLimit-Reset": "1795370460"
      },
      "body": {
        "error": {
          "message": "The prompt failed a safety check. Revise it. (Rehearsed: the directive [[content_policy_violation]] in the prompt asks for this.)",
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
        "Retry-After": "42",
        "Retry-After-Ms": "41640",
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1795370460"
      },
      "body": {
        "error": {
          "message": "This workspace may send 60 image requests per minute and has used them. Try again in 42 s.",
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
      "path": "/v2/videos/generations/gen_0198c6a2f4b07c3e9a51d2e6b8f0dead",
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
          "message": "No video of this id belongs to this key. Look at two things before you give it up: test keys and live keys see only what keys of their own kind made, and images are under /v2/images/generations.",
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
        "X-Should-Retry": "true",
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "57",
        "X-RateLimit-Reset": "1795370460"
      },
      "body": {
        "error": {
          "message": "The model failed to produce a result. You are not charged; try again. (Rehearsed: the directive [[server_error]] in the prompt asks for this.) (gen_0198c6a2f4b07c3e9a51d2e6b8f01234, req_0198c6a2f4b07c3e9a51d2e6b8f05678)",
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
        "X-Billed": "true",
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "59",
        "X-RateLimit-Reset": "1795370460"
      },
      "body": {
        "id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "status": "completed",
        "model": "sandbox-image",
        "usage": {
          "total_cost": 0.01,
          "billable_unit": "image",
          "unit_price": 0.01,
          "quantity": 1
        },
        "data": [
          {
            "url": "http://127.0.0.1:4700/v2/downloads/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/0?exp=1797962400&sig=k3Qn0c9TqYw5mB7vXr2LhA",
            "width": 1024,
            "height": 576,
            "mime_type": "image/jpeg",
            "deletes_at": "2026-12-22T18:00:00.000Z"
          }
        ]
      }
    }
  },
  "getImage": {
    "request": {
      "method": "GET",
      "path": "/v2/images/generations/gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
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
        "model": "sandbox-image",
        "usage": {
          "total_cost": 0.01,
          "billable_unit": "image",
          "unit_price": 0.01,
          "quantity": 1
        },
        "data": [
          {
            "url": "http://127.0.0.1:4700/v2/downloads/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/0?exp=1797962400&sig=k3Qn0c9TqYw5mB7vXr2LhA",
            "width": 1024,
            "height": 576,
            "mime_type": "image/jpeg",
            "deletes_at": "2026-12-22T18:00:00.000Z"
          }
        ]
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
        "resolution": "480p",
        "duration": 2,
        "sound": true
      }
    },
    "response": {
      "status": 202,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "false",
        "Retry-After": "1",
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "19",
        "X-RateLimit-Reset": "1795370460"
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
        "Authorization": "Bearer $FILMGATE_API_KEY",
        "Prefer": "wait=60"
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
        "usage": {
          "total_cost": 0.04,
          "billable_unit": "video_second",
          "unit_price": 0.02,
          "quantity": 2
        },
        "data": [
          {
            "url": "http://127.0.0.1:4700/v2/downloads/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/0?exp=1797962400&sig=k3Qn0c9TqYw5mB7vXr2LhA",
            "width": 854,
            "height": 480,
            "mime_type": "video/mp4",
            "deletes_at": "2026-12-22T18:00:00.000Z",
            "duration": 2,
            "fps": 24,
            "has_sound": true
          }
        ]
      }
    }
  },
  "cancelVideo": {
    "request": {
      "method": "POST",
      "path": "/v2/videos/generations/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/cancel",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678",
        "X-Generation-Id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "X-Billed": "false"
      },
      "body": {
        "id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
        "status": "failed",
        "cancellation": "cancelled"
      }
    }
  },
  "listGenerations": {
    "request": {
      "method": "GET",
      "path": "/v2/generations?limit=1&type=image",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678"
      },
      "body": {
        "data": [
          {
            "id": "gen_0198c6a2f4b07c3e9a51d2e6b8f01234",
            "status": "completed",
            "model": "sandbox-image",
            "usage": {
              "total_cost": 0.01,
              "billable_unit": "image",
              "unit_price": 0.01,
              "quantity": 1
            },
            "data": [
              {
                "url": "http://127.0.0.1:4700/v2/downloads/gen_0198c6a2f4b07c3e9a51d2e6b8f01234/0?exp=1797962400&sig=k3Qn0c9TqYw5mB7vXr2LhA",
                "width": 1024,
                "height": 576,
                "mime_type": "image/jpeg",
                "deletes_at": "2026-12-22T18:00:00.000Z"
              }
            ],
            "type": "image",
            "created_at": "2026-11-22T18:00:00.000Z"
          }
        ],
        "has_more": false
      }
    }
  },
  "listModels": {
    "request": {
      "method": "GET",
      "path": "/v2/models",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678"
      },
      "body": [
        {
          "id": "sandbox-image",
          "name": "Sandbox image",
          "type": "image",
          "created_at": "2026-11-22T18:00:00.000Z",
          "capabilities": {
            "aspect_ratios": [
              "1:1",
              "16:9",
              "9:16",
              "4:3",
              "3:4",
              "3:2",
              "2:3",
              "21:9"
            ],
            "resolutions": [
              "1K",
              "2K",
              "4K"
            ],
            "output_formats": [
              "jpeg",
              "png",
              "webp"
            ],
            "image_roles": [
              "reference_image"
            ],
            "max_images": 8,
            "max_prompt_length": 4096,
            "seed": true
          },
          "pricing": {
            "currency": "USD",
            "billable_unit": "image",
            "unit_prices": {
              "1K": 0.01,
              "2K": 0.02,
              "4K": 0.04
            }
          },
          "status": "available"
        },
        {
          "id": "sandbox-video",
          "name": "Sandbox video",
          "type": "video",
          "created_at": "2026-11-22T18:00:00.000Z",
          "capabilities": {
            "aspect_ratios": [
              "16:9",
              "1:1",
              "9:16",
              "4:3",
              "3:4",
              "3:2",
              "2:3",
              "21:9"
            ],
            "resolutions": [
              "720p",
              "480p",
              "1080p"
            ],
            "durations": [
              1,
              2,
              3,
              4,
              5,
              6,
              7,
              8,
              9,
              10
            ],
            "default_duration": 5,
            "sound": true,
            "image_roles": [
              "reference_image",
              "first_frame",
              "last_frame"
            ],
            "max_images": 8,
            "max_prompt_length": 4096,
            "seed": true
          },
          "pricing": {
            "currency": "USD",
            "billable_unit": "video_second",
            "unit_prices": {
              "480p": 0.02,
              "720p": 0.05,
              "1080p": 0.1
            }
          },
          "status": "available"
        }
      ]
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
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678"
      },
      "body": {
        "balance": "9.95",
        "currency": "USD"
      }
    }
  },
  "getCosts": {
    "request": {
      "method": "GET",
      "path": "/v2/billing/costs?start=2026-01-01T00:00:00Z&end=2026-01-03T00:00:00Z",
      "headers": {
        "Authorization": "Bearer $FILMGATE_API_KEY"
      }
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678"
      },
      "body": {
        "currency": "USD",
        "start": "2026-01-01T00:00:00.000Z",
        "end": "2026-01-03T00:00:00.000Z",
        "total_cost": 0,
        "data": [
          {
            "date": "2026-01-01",
            "cost": 0
          },
          {
            "date": "2026-01-02",
            "cost": 0
          }
        ]
      }
    }
  },
  "getHealth": {
    "request": {
      "method": "GET",
      "path": "/healthz",
      "headers": {}
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678"
      },
      "body": {
        "status": "ok"
      }
    }
  },
  "getReadiness": {
    "request": {
      "method": "GET",
      "path": "/readyz",
      "headers": {}
    },
    "response": {
      "status": 200,
      "headers": {
        "X-Request-Id": "req_0198c6a2f4b07c3e9a51d2e6b8f05678"
      },
      "body": {
        "status": "ready",
        "checks": {
          "database": "ok",
          "disk": "ok"
        }
      }
    }
  }
}
