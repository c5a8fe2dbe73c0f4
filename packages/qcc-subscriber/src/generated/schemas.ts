// Generated from schemas/*.avsc by scripts/generate-subscriber.ts; do not edit.

/** The schemas that values are read with, without their documentation. */
export const SCHEMAS = {
  "enriched-records": {
    "type": "record",
    "name": "EnrichedRecord",
    "namespace": "qcc",
    "fields": [
      {
        "name": "record",
        "type": {
          "type": "record",
          "name": "ChangeRecord",
          "namespace": "qcc",
          "fields": [
            {
              "name": "account",
              "type": "string"
            },
            {
              "name": "id",
              "type": "string"
            },
            {
              "name": "corpKeyNo",
              "type": "string"
            },
            {
              "name": "corpName",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "type",
              "type": "string"
            },
            {
              "name": "typeName",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "category",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "categoryName",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "changeContent",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "changeExtend",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "eventDate",
              "type": [
                "null",
                {
                  "type": "int",
                  "logicalType": "date"
                }
              ],
              "default": null
            },
            {
              "name": "changeDate",
              "type": [
                "null",
                {
                  "type": "int",
                  "logicalType": "date"
                }
              ],
              "default": null
            },
            {
              "name": "checkId",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "creditCode",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "regNo",
              "type": [
                "null",
                "string"
              ],
              "default": null
            },
            {
              "name": "extra",
              "type": {
                "type": "map",
                "values": "string"
              },
              "default": {}
            },
            {
              "name": "orderNo",
              "type": "string"
            },
            {
              "name": "revision",
              "type": "int"
            },
            {
              "name": "position",
              "type": "int"
            },
            {
              "name": "pushDate",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              }
            },
            {
              "name": "archiveSha256",
              "type": "string"
            },
            {
              "name": "source",
              "type": "string"
            },
            {
              "name": "parserVersion",
              "type": "int"
            }
          ]
        }
      },
      {
        "name": "detailStatus",
        "type": "string"
      },
      {
        "name": "detailReason",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "detailsFetchedAt",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "default": null
      },
      {
        "name": "detailsTotal",
        "type": [
          "null",
          "int"
        ],
        "default": null
      },
      {
        "name": "detailsComplete",
        "type": [
          "null",
          "boolean"
        ],
        "default": null
      },
      {
        "name": "detailsIncompleteReason",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "detailsOddRows",
        "type": "int",
        "default": 0
      },
      {
        "name": "detailsTruncated",
        "type": "boolean",
        "default": false
      },
      {
        "name": "exceptions",
        "default": [],
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "OperationException",
            "fields": [
              {
                "name": "addReason",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "addDate",
                "type": [
                  "null",
                  {
                    "type": "long",
                    "logicalType": "timestamp-millis"
                  }
                ],
                "default": null
              },
              {
                "name": "removeReason",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "removeDate",
                "type": [
                  "null",
                  {
                    "type": "long",
                    "logicalType": "timestamp-millis"
                  }
                ],
                "default": null
              },
              {
                "name": "decisionOffice",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "removeDecisionOffice",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "addDateRaw",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "removeDateRaw",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "extra",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              }
            ]
          }
        }
      },
      {
        "name": "seriousViolations",
        "default": [],
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "SeriousViolation",
            "fields": [
              {
                "name": "addDate",
                "type": [
                  "null",
                  {
                    "type": "int",
                    "logicalType": "date"
                  }
                ],
                "default": null
              },
              {
                "name": "addOffice",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "addReason",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "addDateRaw",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "extra",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              }
            ]
          }
        }
      },
      {
        "name": "dishonestDebtors",
        "default": [],
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "DishonestDebtor",
            "fields": [
              {
                "name": "id",
                "type": "string"
              },
              {
                "name": "anno",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "annoNormalized",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "executeGov",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "executeNo",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "executeStatus",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "actionTypeName",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "lianDate",
                "type": [
                  "null",
                  {
                    "type": "int",
                    "logicalType": "date"
                  }
                ],
                "default": null
              },
              {
                "name": "amount",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "amountRaw",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "publicDate",
                "type": [
                  "null",
                  {
                    "type": "int",
                    "logicalType": "date"
                  }
                ],
                "default": null
              },
              {
                "name": "executeNoNormalized",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "lianDateRaw",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "publicDateRaw",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              },
              {
                "name": "extra",
                "type": [
                  "null",
                  "string"
                ],
                "default": null
              }
            ]
          }
        }
      },
      {
        "name": "version",
        "type": {
          "type": "fixed",
          "name": "Version",
          "size": 32
        }
      }
    ]
  },
  "records": {
    "type": "record",
    "name": "ChangeRecord",
    "namespace": "qcc",
    "fields": [
      {
        "name": "account",
        "type": "string"
      },
      {
        "name": "id",
        "type": "string"
      },
      {
        "name": "corpKeyNo",
        "type": "string"
      },
      {
        "name": "corpName",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "type",
        "type": "string"
      },
      {
        "name": "typeName",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "category",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "categoryName",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "changeContent",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "changeExtend",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "eventDate",
        "type": [
          "null",
          {
            "type": "int",
            "logicalType": "date"
          }
        ],
        "default": null
      },
      {
        "name": "changeDate",
        "type": [
          "null",
          {
            "type": "int",
            "logicalType": "date"
          }
        ],
        "default": null
      },
      {
        "name": "checkId",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "creditCode",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "regNo",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "extra",
        "type": {
          "type": "map",
          "values": "string"
        },
        "default": {}
      },
      {
        "name": "orderNo",
        "type": "string"
      },
      {
        "name": "revision",
        "type": "int"
      },
      {
        "name": "position",
        "type": "int"
      },
      {
        "name": "pushDate",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      },
      {
        "name": "archiveSha256",
        "type": "string"
      },
      {
        "name": "source",
        "type": "string"
      },
      {
        "name": "parserVersion",
        "type": "int"
      }
    ]
  },
  "portfolio": {
    "type": "record",
    "name": "PortfolioMember",
    "namespace": "qcc",
    "fields": [
      {
        "name": "account",
        "type": "string"
      },
      {
        "name": "portfolio",
        "type": "string"
      },
      {
        "name": "member",
        "type": "string"
      },
      {
        "name": "creditCode",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "regNo",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "name",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "attributes",
        "type": {
          "type": "map",
          "values": "string"
        },
        "default": {}
      },
      {
        "name": "loadedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      },
      {
        "name": "removed",
        "type": "boolean",
        "default": false
      },
      {
        "name": "companies",
        "type": {
          "type": "array",
          "items": "string"
        },
        "default": []
      },
      {
        "name": "matchedBy",
        "type": [
          "null",
          "string"
        ],
        "default": null
      }
    ]
  },
  "erased-records": {
    "type": "record",
    "name": "ErasedRecord",
    "namespace": "qcc",
    "fields": [
      {
        "name": "account",
        "type": "string"
      },
      {
        "name": "corpKeyNo",
        "type": "string"
      },
      {
        "name": "id",
        "type": [
          "null",
          "string"
        ],
        "default": null
      },
      {
        "name": "extent",
        "type": "string"
      },
      {
        "name": "erasedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      }
    ]
  }
} as const;
